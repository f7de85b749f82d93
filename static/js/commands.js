/**
 * The one table of commands: what they are called, where they belong and which keys do them.
 *
 * The server reads it, too (workmail/ui/commands.py), for the page on which a person chooses keys of their own: what
 * stands between the brackets is JSON. The words for people are the server's.
 *
 * @typedef {{id: string, section: string, single?: string[], always?: string[], row?: string[], field?: boolean,
 *            shown?: boolean, planned?: boolean}} Command
 *   `single`: keys of the Gmail-like preset; a person may give a command that has this list a key of their own, even if
 *   the list is empty. `always`: keys with modifiers, `row`: only while a row has the focus, `field`: also inside text
 *   fields, `shown`: stands in the sheet but is done elsewhere (by the editor, by the list), `planned`: offered only
 *   where something does it.
 */

/** @type {Command[]} */
export const commands = [
  { "id": "help", "section": "anywhere", "single": ["?"], "always": ["Control+Alt+h"] },
  { "id": "palette", "section": "anywhere", "single": [], "always": ["Control+k"], "field": true },
  { "id": "search", "section": "anywhere", "single": ["/"], "always": ["Control+Alt+e"] },
  { "id": "new", "section": "anywhere", "single": ["c"], "always": ["Control+Alt+c"] },
  { "id": "undo", "section": "anywhere", "single": ["z"], "always": ["Control+z"] },
  { "id": "go-inbox", "section": "anywhere", "single": ["g i"], "always": ["Control+Alt+1"] },
  { "id": "go-calendar", "section": "anywhere", "single": ["g k"], "always": ["Control+Alt+2"] },
  { "id": "go-people", "section": "anywhere", "single": ["g p"], "always": ["Control+Alt+3"] },
  { "id": "go-tasks", "section": "anywhere", "single": ["g t"], "always": ["Control+Alt+4"] },
  { "id": "go-admin", "section": "anywhere", "single": ["g a"], "always": ["Control+Alt+5"] },
  { "id": "next-pane", "section": "anywhere", "single": [], "always": ["F6"], "field": true },
  { "id": "previous-pane", "section": "anywhere", "single": [], "always": ["Shift+F6"], "field": true },
  { "id": "next", "section": "list", "single": ["j"], "always": ["ArrowDown"], "shown": true },
  { "id": "previous", "section": "list", "single": ["k"], "always": ["ArrowUp"], "shown": true },
  { "id": "open", "section": "list", "single": ["o"], "row": ["Enter"] },
  { "id": "back", "section": "list", "single": ["u"], "row": ["Escape"] },
  { "id": "first", "section": "list", "row": ["Home"], "shown": true },
  { "id": "last", "section": "list", "row": ["End"], "shown": true },
  { "id": "page-down", "section": "list", "row": ["PageDown"], "shown": true },
  { "id": "page-up", "section": "list", "row": ["PageUp"], "shown": true },
  { "id": "select", "section": "list", "single": ["x"], "row": ["Space"] },
  { "id": "select-range", "section": "list", "row": ["Shift+ArrowDown"], "shown": true },
  { "id": "select-all", "section": "list", "single": [], "row": ["Control+a"] },
  { "id": "archive", "section": "list", "single": ["e"], "row": ["Backspace"] },
  { "id": "delete", "section": "list", "single": ["#"], "row": ["Delete"] },
  { "id": "delete-forever", "section": "list", "single": [], "row": ["Shift+Delete"] },
  { "id": "move", "section": "list", "single": ["v"], "always": ["Control+Alt+v"] },
  { "id": "label", "section": "list", "single": ["l"], "always": ["Control+Alt+l"] },
  { "id": "snooze", "section": "list", "single": ["b"], "always": ["Control+Alt+s"] },
  { "id": "mute", "section": "list", "single": ["m"], "always": ["Control+Alt+m"] },
  { "id": "flag", "section": "list", "single": ["s"], "row": ["Insert"] },
  { "id": "read", "section": "list", "single": ["Shift+i"], "always": ["Control+Alt+q"] },
  { "id": "unread", "section": "list", "single": ["Shift+u"], "always": ["Control+Alt+u"] },
  { "id": "junk", "section": "list", "single": ["!"], "always": ["Control+Alt+j"] },
  { "id": "reply", "section": "conversation", "single": ["r"], "always": ["Control+Alt+r"] },
  { "id": "reply-all", "section": "conversation", "single": ["a"], "always": ["Control+Alt+a"] },
  { "id": "forward", "section": "conversation", "single": ["f"], "always": ["Control+Alt+f"] },
  { "id": "next-message", "section": "conversation", "single": ["n"] },
  { "id": "previous-message", "section": "conversation", "single": ["p"] },
  { "id": "send", "section": "compose", "always": ["Control+Enter"], "field": true },
  { "id": "save", "section": "compose", "always": ["Control+s"], "field": true },
  { "id": "bold", "section": "compose", "always": ["Control+b"], "shown": true },
  { "id": "italic", "section": "compose", "always": ["Control+i"], "shown": true },
  { "id": "underline", "section": "compose", "always": ["Control+u"], "shown": true },
  { "id": "link", "section": "compose", "always": ["Control+k"], "shown": true },
  { "id": "numbered-list", "section": "compose", "always": ["Control+Shift+7"], "shown": true },
  { "id": "bulleted-list", "section": "compose", "always": ["Control+Shift+8"], "shown": true }
];
