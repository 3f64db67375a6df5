// A list of messages: what has not changed is not touched, so that focus and scroll stay.
// @ts-check
import { blocks } from "./desk-blocks.js";
import { make, valuesIn } from "./desk-fields.js";
import { emojiOf, mrkdwn } from "./desk-mrkdwn.js";

/** @typedef {import("./desk-fields.js").Json} Json */
/** @typedef {import("./desk-mrkdwn.js").Names} Names */
/**
 * @typedef {{
 *   names: Names,
 *   heading: "h2" | "h3",
 *   press(press: Json, from: HTMLElement, confirm: Json | undefined): void,
 *   openThread?(ts: string): void,
 *   act(act: Json): Promise<Json>,
 * }} Desk
 */

/** What the app's two marks beside an agent's words mean, for those who do not know them yet.
 * @type {Record<string, string>} */
const MARKS = { white_check_mark: "sent", memo: "note" };

/**
 * @param {HTMLElement} list
 * @param {Json[]} messages
 * @param {Desk} desk
 */
export function showMessages(list, messages, desk) {
  const known = new Map(/** @type {HTMLElement[]} */ ([...list.children]).map((item) => [item.dataset.ts, item]));
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const kept = new Set(messages.map((message) => message.ts));
  for (const [ts, item] of known) if (!kept.has(ts ?? "")) item.remove();
  messages.forEach((message, place) => {
    const written = JSON.stringify(message);
    const old = known.get(message.ts);
    if (old && (old.dataset.written === written || old.dataset.editing)) return;
    const focused = old?.contains(document.activeElement) ? document.activeElement : null;
    const label = focused?.textContent;
    const item = messageItem(message, desk);
    item.dataset.written = written;
    if (old) old.replaceWith(item);
    else list.insertBefore(item, list.children[place] ?? null);
    // The button that was pressed may be gone from the card; then the message itself takes the focus.
    if (focused) {
      const again = [...item.querySelectorAll("button, summary, select")].find((one) => one.textContent === label);
      /** @type {HTMLElement} */ (again ?? item).focus();
    }
  });
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/**
 * @param {Json} message
 * @param {Desk} desk
 */
function messageItem(message, desk) {
  const item = make("article", { class: "desk-message", tabIndex: -1, "aria-label": `${message.author}, ${timeOf(message)}` });
  item.dataset.ts = message.ts;
  if (message.gone) {
    item.append(make("p", { class: "quiet" }, ["This message was deleted."]), ...threadLink(message, desk));
    return item;
  }
  if (message.ephemeral) item.classList.add("ephemeral");
  const body = make("div", { class: "desk-body" }, content(message, item, desk));
  const parts = [head(message), body, ...files(message), ...reactions(message, desk), ...threadLink(message, desk)];
  const initials = message.author.split(" ").map((/** @type {string} */ word) => word[0]).slice(0, 2).join("").toUpperCase();
  const face = make("span", { class: `desk-face${message.app ? " app" : ""}`, "aria-hidden": "true" }, [initials]);
  item.append(face, make("div", { class: "desk-words" }, [...parts, ...tools(message, item, body, desk)]));
  return item;
}

/** @param {Json} message */
function timeOf(message) {
  return new Date(Number(message.ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** @param {Json} message */
function head(message) {
  const moment = new Date(Number(message.ts) * 1000);
  return make("p", { class: "desk-author" }, [
    make("strong", {}, [message.author]),
    ...(message.app ? [make("span", { class: "desk-tag" }, ["App"])] : []),
    make("time", { dateTime: moment.toISOString(), class: "quiet" }, [timeOf(message)]),
    ...(message.ephemeral ? [make("span", { class: "quiet" }, ["Only visible to you"])] : []),
  ]);
}

/**
 * @param {Json} message
 * @param {HTMLElement} item
 * @param {Desk} desk
 * @returns {(Node | string)[]}
 */
function content(message, item, desk) {
  const edited = message.edited && !message.app ? [make("span", { class: "quiet" }, [" (edited)"])] : [];
  if (!message.app || !message.blocks?.length) {
    return [make("div", { class: "desk-text" }, [...mrkdwn(message.text, desk.names), ...edited])];
  }
  return blocks(message.blocks, {
    names: desk.names,
    heading: desk.heading,
    pressed: ({ element, block, choose, from }) => {
      const values = element.type === "button" || element.type === "overflow" ? valuesIn(item) : {};
      const press = { ts: message.ts, action: element.action_id, block, choose, values, element };
      desk.press(press, from, element.confirm);
    },
  });
}

/** @param {Json} message */
function files(message) {
  return (message.files ?? []).map((/** @type {Json} */ file) => make("p", { class: "desk-attached" }, [`File: ${file.name}`]));
}

/**
 * @param {Json} message
 * @param {Desk} desk
 */
function reactions(message, desk) {
  if (!message.reactions?.length) return [];
  const marks = message.reactions.map((/** @type {Json} */ one) => {
    const who = one.users.map((/** @type {string} */ user) => desk.names.people[user] ?? user).join(", ");
    const name = one.name.replaceAll("_", " ");
    const button = make("button", { type: "button", class: "desk-reaction", title: `${name}, by ${who}` }, [
      emojiOf(one.name, desk.names) ?? `:${one.name}:`,
      ...(MARKS[one.name] ? [` ${MARKS[one.name]}`] : []),
      ` ${one.count}`,
      make("span", { class: "unseen" }, [`by ${who}`]),
    ]);
    button.addEventListener("click", () => void desk.act({ do: "react", ts: message.ts, text: one.name }));
    return make("li", {}, [button]);
  });
  return [make("ul", { class: "desk-reactions", "aria-label": "Reactions" }, marks)];
}

/**
 * @param {Json} message
 * @param {Desk} desk
 */
function threadLink(message, desk) {
  const { openThread } = desk;
  if (!openThread || message.ephemeral) return [];
  if (message.subtype === "thread_broadcast") {
    const root = make("button", { type: "button", class: "desk-thread-link" }, ["Also in a thread: open it"]);
    root.addEventListener("click", () => openThread(message.thread_ts));
    return [root, " "];
  }
  const many = message.replies ?? 0;
  const label = many === 0 ? "Reply in a thread" : many === 1 ? "1 reply" : `${many} replies`;
  const link = make("button", { type: "button", class: "desk-thread-link" }, [label]);
  link.addEventListener("click", () => openThread(message.ts));
  const mark = make("span", { class: "desk-new", hidden: true }, ["New"]);
  return [link, " ", mark, " "];
}

/**
 * @param {Json} message
 * @param {HTMLElement} item
 * @param {HTMLElement} body
 * @param {Desk} desk
 */
function tools(message, item, body, desk) {
  if (!message.mine || message.ephemeral) return [];
  const edit = make("button", { type: "button" }, ["Edit"]);
  const remove = make("button", { type: "button" }, ["Delete"]);
  edit.addEventListener("click", () => editing(message, item, body, desk));
  remove.addEventListener("click", () => void desk.act({ do: "delete", ts: message.ts }));
  return [make("p", { class: "desk-tools" }, [edit, " ", remove])];
}

/**
 * @param {Json} message
 * @param {HTMLElement} item
 * @param {HTMLElement} body
 * @param {Desk} desk
 */
function editing(message, item, body, desk) {
  const typed = message.blocks?.[0]?.elements?.[0]?.elements?.[0]?.text ?? message.text;
  const text = make("textarea", { rows: 2, "aria-label": "Edit the message" });
  text.value = typed;
  const save = make("button", { class: "button button-small" }, ["Save"]);
  const leave = make("button", { type: "button", class: "button button-small button-plain" }, ["Leave it"]);
  const form = make("form", { class: "desk-edit" }, [text, make("p", { class: "row" }, [save, leave])]);
  const before = [...body.childNodes];
  const done = () => {
    delete item.dataset.editing;
    body.replaceChildren(...before);
    item.focus();
  };
  leave.addEventListener("click", done);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    done();
    if (text.value.trim()) void desk.act({ do: "edit", ts: message.ts, text: text.value });
  });
  item.dataset.editing = "true";
  body.replaceChildren(form);
  text.focus();
}
