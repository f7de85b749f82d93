/**
 * What this browser remembers for one person: acts that wait for the server, and texts that were written meanwhile.
 * Nothing of it outlives signing out, and somebody else's page empties it before it looks into it.
 */

const NAME = "workmail", VERSION = 1;
/** `acts`: in order. `drafts`: by draft. `meta`: whose it is. */
const STORES = { acts: { keyPath: "key" }, drafts: { keyPath: "id" }, meta: { keyPath: "name" } };

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(STORES)) if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name, options);
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => { request.result.close(); opened = null; }; // it is being deleted
      resolve(request.result);
    };
    request.onerror = () => { opened = null; reject(request.error); };
  });
  return opened;
}

async function within(store, mode, act) {
  const transaction = (await database()).transaction(store, mode);
  const result = await act(transaction.objectStore(store));
  if (mode === "readwrite") {
    await new Promise((resolve, reject) => { transaction.oncomplete = resolve; transaction.onerror = transaction.onabort = () => reject(transaction.error); });
  }
  return result;
}

export const put = (store, value) => within(store, "readwrite", (rows) => { rows.put(value); });
export const get = (store, key) => within(store, "readonly", (rows) => asked(rows.get(key)));
export const all = (store) => within(store, "readonly", (rows) => asked(rows.getAll()));
export const remove = (store, key) => within(store, "readwrite", (rows) => { rows.delete(key); });

/** Forget all of it. */
export async function clear() {
  for (const store of Object.keys(STORES)) await within(store, "readwrite", (rows) => { rows.clear(); });
}
