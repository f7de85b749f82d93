/** A short sound of our own: two soft notes, made here, nothing is loaded. */

const NOTES = [[659.25, 0], [987.77, 0.11]]; // hertz, seconds
const LOUDNESS = 0.12, LENGTH = 0.42;

/** @type {AudioContext | null} */
let context = null;

/** Play it, if the browser lets this page make sounds. @returns {Promise<boolean>} whether it was heard */
export async function chime() {
  const Audio = globalThis.AudioContext;
  if (!Audio) return false;
  context ??= new Audio();
  if (context.state === "suspended") await Promise.race([context.resume(), new Promise((go) => { setTimeout(go, 300); })]).catch(() => {});
  if (context.state !== "running") return false;
  for (const [frequency, at] of NOTES) {
    const begin = context.currentTime + at, note = context.createOscillator(), volume = context.createGain();
    note.type = "sine";
    note.frequency.value = frequency;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + LENGTH);
    note.connect(volume).connect(context.destination);
    note.start(begin);
    note.stop(begin + LENGTH);
  }
  return true;
}
