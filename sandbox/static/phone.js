// The phone: whose it is, its texts, and what is to go wrong. The server tells that something has
// changed; the page then asks for what is on this phone.
// @ts-check

/**
 * @typedef {{sid: string, mine: boolean, automatic: boolean, body: string, at: string, lost: boolean, says: string}} Bubble
 * @typedef {{
 *   phone: {number: string, title: string, note: string},
 *   texts: Bubble[],
 *   blocked: string,
 *   difficulties: Record<string, {on: boolean, left: number | null}>,
 * }} State
 */

const RETRY_EVERY = 3_000;
const AWAY = "The sandbox can't be reached. This page tries again by itself.";
const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?')\]]/g;

/**
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 */
function part(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return /** @type {Kind} */ (found);
}

/**
 * @param {string} name
 * @param {string} kind
 * @param {(Node | string)[]} children
 */
function make(name, kind, children = []) {
  const element = document.createElement(name);
  element.className = kind;
  element.append(...children);
  return element;
}

const whose = /** @type {HTMLSelectElement} */ (part("whose"));
const log = part("log");
const composer = /** @type {HTMLFormElement} */ (part("composer"));
const text = /** @type {HTMLTextAreaElement} */ (part("text"));
const company = part("contact").textContent ?? "";
const switches = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("[data-difficulty]")]);

/** What was begun on each phone and not sent. @type {Map<string, string>} */
const drafts = new Map();

/** Whose phone it is: kept in the address, so that two windows may be two phones. */
function number() {
  const asked = new URL(location.href).searchParams.get("number") ?? "";
  const known = [...whose.options].some((option) => option.value === asked);
  return known ? asked : (document.body.dataset.first ?? "");
}

/** @param {string} sentence */
function showProblem(sentence) {
  const line = part("problem");
  line.textContent = sentence;
  line.hidden = !sentence;
}

/** @param {boolean} away */
function showAway(away) {
  const sentence = away ? AWAY : "";
  if (part("away").textContent !== sentence) part("away").textContent = sentence;
}

/**
 * Tells the server what is done here; a problem is shown, and given back.
 * @param {Record<string, unknown>} what
 * @returns {Promise<string>}
 */
async function act(what) {
  let problem = "The sandbox can't be reached. Is it still running?";
  try {
    const response = await fetch("/sandbox/phone/act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(what),
    });
    if (response.ok) problem = (await response.json()).problem ?? "";
    else problem = "That could not be sent. Please load the page anew.";
  } catch {
    // Said below.
  }
  showProblem(problem);
  await look();
  return problem;
}

let asked = 0;

async function refresh() {
  asked += 1;
  const mine = asked;
  const query = new URLSearchParams({ number: number() });
  const response = await fetch(`/sandbox/phone/state.json?${query}`, { cache: "no-store" });
  if (!response.ok) throw new Error(`state: ${response.status}`);
  const found = /** @type {State} */ (await response.json());
  if (mine === asked) show(found); // else a newer answer is on its way
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
    await refresh().then(
      () => showAway(false),
      () => showAway(true),
    );
  }
  looking = false;
}

/** @param {State} found */
function show(found) {
  whose.value = found.phone.number;
  part("whose-note").textContent = found.phone.note;
  document.title = `${found.phone.title} - Phone of the sandbox`;
  part("loading").hidden = true;
  part("empty").hidden = found.texts.length > 0;
  log.hidden = found.texts.length === 0;
  showTexts(found);
  const blocked = part("blocked");
  if (blocked.textContent !== found.blocked) blocked.textContent = found.blocked;
  blocked.hidden = !found.blocked;
  showDifficulties(found);
  log.removeAttribute("aria-busy");
}

/**
 * What has not changed is not touched, so that only what is new is read out, and focus stays.
 * @param {State} found
 */
function showTexts(found) {
  const anew = log.dataset.number !== found.phone.number;
  if (anew) log.replaceChildren();
  log.dataset.number = found.phone.number;
  const atEnd = anew || log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const items = /** @type {HTMLElement[]} */ ([...log.children]);
  const known = new Map(items.map((item) => [item.dataset.sid ?? "", item]));
  const kept = new Set(found.texts.map((each) => each.sid));
  for (const [sid, item] of known) if (!kept.has(sid)) item.remove();
  found.texts.forEach((each, place) => {
    const old = known.get(each.sid);
    if (old) mark(old, each);
    else log.insertBefore(bubble(each), log.children[place] ?? null);
  });
  if (atEnd) log.scrollTop = log.scrollHeight;
}

/** @param {Bubble} each */
function bubble(each) {
  const author = each.mine ? "You" : each.automatic ? "Twilio" : company;
  const words = make("p", "phone-words", [make("span", "unseen", [`${author}: `]), ...linked(each.body)]);
  words.dir = "auto";
  const about = make("p", "phone-about");
  // That a text has got one step farther is not worth interrupting whoever listens.
  about.setAttribute("aria-live", "off");
  const item = make("article", "phone-text", [words, about]);
  item.dataset.sid = each.sid;
  item.setAttribute("aria-label", `${author}, ${timeOf(each)}`);
  mark(item, each);
  return item;
}

/**
 * What changes on a text: how far it has got.
 * @param {HTMLElement} item
 * @param {Bubble} each
 */
function mark(item, each) {
  item.classList.toggle("mine", each.mine);
  item.classList.toggle("automatic", each.automatic);
  item.classList.toggle("lost", each.lost);
  const about = item.querySelector(".phone-about");
  const says = [timeOf(each), each.says].filter(Boolean).join(". ");
  if (about && about.textContent !== says) about.textContent = says;
}

/** @param {Bubble} each */
function timeOf(each) {
  return new Date(each.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/**
 * The words, with addresses that can be opened.
 * @param {string} body
 * @returns {(Node | string)[]}
 */
function linked(body) {
  /** @type {(Node | string)[]} */
  const found = [];
  let last = 0;
  for (const match of body.matchAll(LINK)) {
    const link = document.createElement("a");
    link.href = match[0];
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = match[0];
    found.push(body.slice(last, match.index), link);
    last = match.index + match[0].length;
  }
  return [...found, body.slice(last)];
}

/** @param {State} found */
function showDifficulties(found) {
  for (const each of switches) {
    const name = each.dataset.difficulty ?? "";
    const state = found.difficulties[name];
    if (!state) continue;
    each.checked = state.on;
    const left = document.querySelector(`[data-left="${CSS.escape(name)}"]`);
    if (left) left.textContent = state.left ? `${state.left} to come` : "";
  }
}

for (const each of switches) {
  each.addEventListener("change", () => {
    void act({ do: "difficulty", name: each.dataset.difficulty, on: each.checked });
  });
}

whose.addEventListener("change", () => {
  drafts.set(number(), text.value);
  const query = new URLSearchParams({ number: whose.value });
  history.pushState(null, "", `?${query}`);
  text.value = drafts.get(whose.value) ?? "";
  void look();
});
addEventListener("popstate", () => void look());

/** Texts go one after the other, however fast they are written. */
let sent = Promise.resolve();
let unsent = 0;

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value;
  if (!words.trim()) return;
  text.value = "";
  const from = number();
  unsent += 1;
  sent = sent.then(() => send(words, from));
  text.focus();
});

/**
 * @param {string} words
 * @param {string} from
 */
async function send(words, from) {
  const button = composer.querySelector("button");
  button?.setAttribute("aria-busy", "true");
  const problem = await act({ do: "text", number: from, text: words });
  if (problem && !text.value) text.value = words;
  unsent -= 1;
  if (!unsent) button?.removeAttribute("aria-busy");
  log.scrollTop = log.scrollHeight;
}

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});

/** @type {EventSource | null} */
let changes = null;

/** A page that nobody looks at holds no connection: a browser has only six for one address. */
function listen() {
  changes?.close();
  changes = null;
  if (document.hidden) return;
  changes = new EventSource("/sandbox/phone/changes");
  changes.onmessage = () => void look();
  changes.onerror = () => {
    showAway(true);
    if (changes?.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_EVERY);
  };
}
document.addEventListener("visibilitychange", listen);

void look();
listen();

export {};
