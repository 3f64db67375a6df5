// The desk: who one is, the channels, the thread beside them, and what the app opens. The server
// tells that something has changed; the page then asks for what this agent sees.
// @ts-check
import { blocks } from "./desk-blocks.js";
import { make, valuesIn } from "./desk-fields.js";
import { showMessages } from "./desk-messages.js";
import { placeOf } from "./desk-mrkdwn.js";
import { confirmed, showModal } from "./desk-windows.js";

/** @typedef {import("./desk-fields.js").Json} Json */

const RETRY_EVERY = 3_000;
/** Who presses Claim will write in its thread; Slack itself leaves the opening to the agent. */
const OPENS_THREAD = "desk_claim";
/** What the app opens for somebody in one tab does not cover another; a reload leaves it behind. */
const TAB = crypto.getRandomValues(new Uint32Array(2)).join("-");

/**
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 */
function part(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return /** @type {Kind} */ (found);
}

const agent = /** @type {HTMLSelectElement} */ (part("agent"));
const messages = part("messages");
const replies = part("replies");
const threadPanel = part("thread");
const home = part("home");
const text = /** @type {HTMLTextAreaElement} */ (part("text"));
const reply = /** @type {HTMLTextAreaElement} */ (part("reply"));
const file = /** @type {HTMLInputElement} */ (part("file"));
const modal = /** @type {HTMLDialogElement} */ (part("modal"));
const confirmation = /** @type {HTMLDialogElement} */ (part("confirm"));

/** Where one is: kept in the address, so that two windows may be two agents. */
function here() {
  const query = new URL(location.href).searchParams;
  return {
    as: query.get("as") ?? agent.options[0]?.value ?? "",
    channel: query.get("channel") ?? document.body.dataset.first ?? "",
    thread: query.get("thread") ?? "",
    home: query.has("home"),
  };
}

/** @param {Partial<ReturnType<typeof here>>} changes */
function addressOf(changes) {
  const { as, channel, thread, home: atHome } = { ...here(), ...changes };
  const query = new URLSearchParams({ as, channel });
  if (thread) query.set("thread", thread);
  if (atHome) query.set("home", "1");
  return `?${query}`;
}

/** @param {Partial<ReturnType<typeof here>>} changes */
function go(changes) {
  history.pushState(null, "", addressOf(changes));
  return arrive();
}

/** What is typed from now on is for where one has gone, though what is there comes only later. */
function arrive() {
  const { as, channel, thread } = here();
  const known = state?.channels.find((/** @type {Json} */ one) => [one.id, one.name].includes(channel));
  // What one writes to the app alone is a place of each agent's own.
  if (known && (!known.direct || as === state?.me.id)) turnTo(text, placeOfWords(as, known.id));
  if (state && thread) turnTo(reply, placeOfWords(as, thread));
  return refresh();
}

/**
 * @param {string} agentId
 * @param {string} within a channel's id, or the `ts` of a thread
 */
function placeOfWords(agentId, within) {
  return `${agentId} ${within}`;
}

/**
 * The channel or the thread that a box is for: what is sent goes there, whatever is on its way.
 * @param {HTMLTextAreaElement} area
 * @returns {string | undefined}
 */
function within(area) {
  return area.dataset.place?.split(" ")[1];
}

/** @type {Json | null} */
let state = null;
let asked = 0;

/**
 * What was typed and not sent, by the place it was typed for: it is meant for nobody elsewhere.
 * @type {Map<string, string>}
 */
const drafts = new Map();
/** The command whose answer is awaited, or was too late: a window shows that the app has taken it. */
let command = "";

/** @type {import("./desk-messages.js").Desk} */
const desk = {
  names: { people: {}, names: {}, emoji: {} },
  heading: "h2",
  openThread: (ts) => void go({ thread: ts }).then(() => reply.focus()),
  act,
  press: (press, from, question) => void pressed(press, from, question),
};

/**
 * Tells the server what the agent does; a problem is shown, and given back.
 * @param {Json} what
 * @returns {Promise<Json>}
 */
async function act(what) {
  /** @type {Json} */
  let answer = { problem: "The sandbox can't be reached. Is it still running?" };
  try {
    const response = await fetch("/sandbox/desk/act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ agent: here().as, tab: TAB, ...what }),
    });
    if (response.ok) answer = await response.json();
    else answer = { problem: "That could not be sent. Please load the page anew." };
  } catch {
    // Said below.
  }
  showProblem(answer.problem ?? "");
  await refresh().catch(() => undefined);
  return answer;
}

/**
 * @param {Json} press
 * @param {HTMLElement} from
 * @param {Json | undefined} question
 */
async function pressed(press, from, question) {
  if (question && !(await confirmed(confirmation, question))) return;
  if (from.getAttribute("aria-busy")) return;
  from.setAttribute("aria-busy", "true");
  const answer = await act({ do: "press", ...press });
  from.removeAttribute("aria-busy");
  if (press.action === OPENS_THREAD && !answer.problem) {
    if (here().thread !== press.ts) await go({ thread: press.ts });
    reply.focus();
  }
}

/** @param {string} sentence */
function showProblem(sentence) {
  const line = part("problem");
  // A window lies over everything else, so what went wrong in it is said in it.
  const within = modal.open ? modal.querySelector("[data-form-error]") : null;
  if (within) within.textContent = sentence;
  line.textContent = within ? "" : sentence;
  line.hidden = !line.textContent;
}

let looking = false;
let news = false;

/** Looks again, once, however many changes come while it looks. */
async function look() {
  news = true;
  if (looking) return;
  looking = true;
  while (news) {
    news = false;
    await refresh().catch(() => undefined);
  }
  looking = false;
}

async function refresh() {
  const { as, channel, thread } = here();
  asked += 1;
  const mine = asked;
  const query = new URLSearchParams({ agent: as, channel, thread, tab: TAB });
  const response = await fetch(`/sandbox/desk/state.json?${query}`, { cache: "no-store" });
  if (!response.ok) {
    if (response.status === 404 && location.search) history.replaceState(null, "", location.pathname);
    return;
  }
  const found = await response.json();
  if (mine === asked) show(found); // else a newer answer is on its way
}

/** @param {Json} found */
function show(found) {
  state = found;
  Object.assign(desk.names, { people: found.people, names: found.names, emoji: found.emoji });
  agent.value = found.me.id;
  markRead(found);
  showChannels(found);
  const atHome = here().home;
  home.hidden = !atHome;
  part("channel").hidden = atHome;
  if (atHome) showHome(found);
  else showChannel(found);
  showThread(found, atHome);
  showModal(modal, found.modal, desk);
  if (found.modal) forgetCommand();
  if (!found.me.active) showProblem(`${found.me.name}'s account is deactivated.`);
}

/**
 * Has a place to write hold what was typed for this place, and keeps what was typed for another.
 * @param {HTMLTextAreaElement} area
 * @param {string} place
 */
function turnTo(area, place) {
  const before = area.dataset.place;
  if (before === place) return;
  area.dataset.place = place;
  if (before === undefined) return; // typed while the page loaded
  drafts.set(before, area.value);
  area.value = drafts.get(place) ?? "";
}

/** However late the app answered a command: what it has taken is not to be sent again. */
function forgetCommand() {
  if (!command) return;
  if (text.value === command) text.value = "";
  for (const [place, words] of drafts) if (words === command) drafts.delete(place);
  command = "";
}

/** @param {Json} channel */
function titleOf(channel) {
  return channel.direct ? "You and the app" : `#${channel.name}`;
}

/** @param {Json} channel */
function purposeOf(channel) {
  if (channel.direct) return "What the off-boarding app tells you alone. Practice may happen here.";
  return channel.archived ? "This channel is archived." : channel.purpose;
}

/** @param {Json} found */
function showChannel(found) {
  const title = titleOf(found.channel);
  part("place").textContent = title;
  part("purpose").textContent = purposeOf(found.channel);
  document.title = `${title} - Desk of the sandbox`;
  text.placeholder = `Message ${title}, or /offboarding`;
  text.disabled = found.channel.archived;
  part("outside-hint").hidden = found.channel.direct || found.messages.length === 0;
  part("empty").hidden = found.messages.length > 0 || found.channel.direct;
  part("empty-direct").hidden = found.messages.length > 0 || !found.channel.direct;
  messages.hidden = found.messages.length === 0;
  const place = placeOfWords(found.me.id, found.channel.id);
  if (messages.dataset.place !== place) messages.replaceChildren();
  messages.dataset.place = place;
  turnTo(text, place);
  showMessages(messages, found.messages, desk);
  markThreads(found);
}

/**
 * The thread that is open is read; others with something new say so.
 * @param {Json} found
 */
function markThreads(found) {
  for (const message of found.messages) {
    const key = `desk:thread:${found.me.id}:${message.ts}`;
    if (here().thread === message.ts && message.latest && !document.hidden) localStorage.setItem(key, message.latest);
    const mark = messages.querySelector(`[data-ts="${CSS.escape(message.ts)}"] .desk-new`);
    if (mark instanceof HTMLElement) mark.hidden = (message.latest ?? "") <= (localStorage.getItem(key) ?? "");
  }
}

/**
 * @param {Json} found
 * @param {boolean} atHome
 */
function showThread(found, atHome) {
  const open = found.thread.length > 0 && !atHome;
  threadPanel.hidden = !open;
  document.body.classList.toggle("threaded", open);
  if (!open) return;
  const place = placeOfWords(found.me.id, found.thread[0].ts);
  if (replies.dataset.place !== place) {
    replies.replaceChildren();
    file.value = "";
    showChosenFile();
  }
  replies.dataset.place = place;
  turnTo(reply, place);
  showMessages(replies, found.thread, { ...desk, heading: "h3", openThread: undefined });
  reply.disabled = found.channel.archived;
}

/** @param {Json} found */
function showHome(found) {
  part("place").textContent = "Home";
  part("purpose").textContent = "What the off-boarding app shows you alone.";
  document.title = "Home - Desk of the sandbox";
  const mark = found.home ? `${found.home.id} ${found.home.hash}` : "none";
  if (home.dataset.mark === mark) return;
  home.dataset.mark = mark;
  if (!found.home) {
    home.replaceChildren(make("p", { class: "desk-empty" }, ["The app has not shown anything here yet."]));
    return;
  }
  const view = found.home;
  /** @type {import("./desk-blocks.js").Context} */
  const context = {
    names: desk.names,
    heading: "h2",
    values: view.state.values,
    pressed: ({ element, block, choose, from }) =>
      desk.press({ view: view.id, action: element.action_id, block, choose, values: valuesIn(home) }, from, element.confirm),
  };
  home.replaceChildren(...blocks(view.blocks, context));
}

/** @param {Json} found */
function readMark(found) {
  return `desk:read:${found.me.id}:${found.channel.id}`;
}

/** @param {Json} found */
function markRead(found) {
  const listed = found.channels.find((/** @type {Json} */ one) => one.id === found.channel.id);
  if (!here().home && !document.hidden && listed?.latest) localStorage.setItem(readMark(found), listed.latest);
}

/** @param {Json} found */
function showChannels(found) {
  const atHome = here().home;
  const items = found.channels.map((/** @type {Json} */ channel) => {
    const current = !atHome && channel.id === found.channel.id;
    const read = localStorage.getItem(readMark({ ...found, channel })) ?? "";
    const unread = !current && channel.latest > read;
    const link = make("a", { href: addressOf({ channel: channel.name, thread: "", home: false }), class: unread ? "unread" : "" }, [
      titleOf(channel),
      ...(unread ? [make("span", { class: "desk-dot", "aria-hidden": "true" }), make("span", { class: "unseen" }, ["unread"])] : []),
      ...(channel.archived ? [make("span", { class: "quiet" }, [" (archived)"])] : []),
    ]);
    if (current) link.setAttribute("aria-current", "page");
    link.dataset.channel = channel.name;
    return make("li", {}, [link]);
  });
  const list = part("channels");
  const written = items.map((/** @type {HTMLElement} */ item) => item.outerHTML).join("");
  const homeLink = part("home-link");
  homeLink.setAttribute("href", addressOf({ home: true, thread: "" }));
  if (atHome) homeLink.setAttribute("aria-current", "page");
  else homeLink.removeAttribute("aria-current");
  if (list.dataset.written === written) return;
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.channel : undefined;
  list.dataset.written = written;
  list.replaceChildren(...items);
  if (focused) list.querySelector(`[data-channel="${CSS.escape(focused)}"]`)?.dispatchEvent(new CustomEvent("desk:focus", { bubbles: true }));
}

/** A link to a message leads to it here, where on Slack it would lead there. */
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  const place = link instanceof HTMLAnchorElement ? placeOf(link.href) : null;
  if (!place) return;
  event.preventDefault();
  void go({ ...place, home: false });
});
document.addEventListener("desk:go", (event) => {
  void go({ .../** @type {CustomEvent} */ (event).detail, home: false });
});

part("channels").addEventListener("desk:focus", (event) => {
  if (event.target instanceof HTMLElement) event.target.focus();
});

document.querySelector(".desk-side")?.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const mouse = /** @type {MouseEvent} */ (event);
  if (!link || mouse.ctrlKey || mouse.metaKey || mouse.shiftKey || mouse.altKey) return;
  event.preventDefault();
  if (link.id === "home-link") {
    void go({ home: true, thread: "" }).then(() => act({ do: "home" }));
  } else void go({ channel: link.dataset.channel ?? "", thread: "", home: false });
});

agent.addEventListener("change", () => {
  void go({ as: agent.value }).then(() => (here().home ? act({ do: "home" }) : undefined));
});

part("thread-close").addEventListener("click", () => {
  const ts = here().thread;
  void go({ thread: "" }).then(() => {
    const item = messages.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    if (item instanceof HTMLElement) item.focus();
  });
});

/**
 * What could not be sent goes back to where it was written, unless something else is there.
 * Words written while the page loaded have no place yet: they are for the one that it opens with.
 * @param {HTMLTextAreaElement} area
 * @param {string | undefined} place
 * @param {string} words
 */
function putBack(area, place, words) {
  if (place === undefined || area.dataset.place === place) area.value ||= words;
  else drafts.set(place, drafts.get(place) || words);
}

/**
 * A place to write; what could not be sent stays in it.
 * @param {HTMLFormElement} form
 * @param {HTMLTextAreaElement} area
 * @param {(words: string) => Promise<Json>} send
 */
function composer(form, area, send) {
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = area.value;
    if (busy || (!words.trim() && !(form.contains(file) && file.files?.length))) return;
    busy = true;
    const place = area.dataset.place;
    area.value = "";
    const answer = await send(words);
    if (answer.problem) putBack(area, place, words);
    busy = false;
    area.focus();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

composer(/** @type {HTMLFormElement} */ (part("composer")), text, async (words) => {
  const channel = within(text) ?? here().channel;
  if (!/^\/[a-z]/.test(words)) return act({ do: "post", channel, text: words });
  command = words;
  const answer = await act({ do: "slash", channel, text: words });
  if (!command) return {}; // its window is open, so the app has taken it
  if (!answer.problem) command = "";
  return answer;
});

composer(/** @type {HTMLFormElement} */ (part("thread-composer")), reply, async (words) => {
  if (/^\/[a-z]/.test(words)) {
    const problem = "Commands don't work in threads, as in Slack. Write it below the channel.";
    showProblem(problem);
    return { problem };
  }
  const files = [...(file.files ?? [])].map((one) => one.name);
  const answer = await act({ do: "post", channel: here().channel || state?.channel.id, thread: within(reply), text: words, files });
  if (!answer.problem) {
    file.value = "";
    showChosenFile();
  }
  return answer;
});

function showChosenFile() {
  const name = file.files?.[0]?.name ?? "";
  const line = part("chosen-file");
  line.hidden = !name;
  line.textContent = name && `With the file ${name}. Only its name is sent; the file stays with you.`;
}
file.addEventListener("change", showChosenFile);

addEventListener("popstate", () => void arrive());

/** @type {EventSource | null} */
let changes = null;

/** A page that nobody looks at holds no connection: a browser has only six for one address. */
function listen() {
  changes?.close();
  changes = null;
  if (document.hidden) return;
  changes = new EventSource("/sandbox/desk/changes");
  changes.onmessage = () => void look();
  changes.onerror = () => {
    if (changes?.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_EVERY);
  };
}
document.addEventListener("visibilitychange", listen);

void refresh().catch(() => undefined);
if (here().home) void act({ do: "home" });
listen();

export {};
