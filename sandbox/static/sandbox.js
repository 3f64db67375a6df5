// The sandbox's bar and account: keeps them as the server has them, and starts a new conversation
// for another customer. Runs before the widget's script, which comes later in the page.
// @ts-check

const REFRESH_EVERY = 2_000;
/** A token lasts ten minutes; the page always holds one that is fresh enough to begin a talk. */
const NEW_TOKEN_EVERY = 4 * 60_000;
const VISIT = "larkspur:visit";

/** @typedef {{visit: string, mails: number, account: string, visitor: string}} State */

/**
 * A customer's site would call Offboard.identify(null) when someone signs out. Here the person at
 * the screen is exchanged for another in one step, so what the widget remembers is forgotten.
 */
function forgetTheLastVisit() {
  const visit = document.body.dataset.visit;
  if (!visit || localStorage.getItem(VISIT) === visit) return;
  for (const storage of [localStorage, sessionStorage]) {
    for (const name of Object.keys(storage)) {
      if (name.startsWith("offboard:")) storage.removeItem(name);
    }
  }
  localStorage.setItem(VISIT, visit);
}

/** @param {number} mails */
function showMailCount(mails) {
  for (const count of document.querySelectorAll("[data-mail-count]")) {
    if (count.textContent === String(mails)) continue;
    count.textContent = String(mails);
    count.classList.remove("changed");
    // Two frames, so that the same animation may run again.
    requestAnimationFrame(() => requestAnimationFrame(() => count.classList.add("changed")));
  }
}

/**
 * What is on screen: each fact's name, and what it says.
 * @param {ParentNode} within
 */
function factsIn(within) {
  /** @type {Map<string, {text: string, element: Element}>} */
  const found = new Map();
  for (const element of within.querySelectorAll("[data-fact]")) {
    const text = (element.textContent ?? "").replace(/\s+/g, " ").trim();
    found.set(element.getAttribute("data-fact") ?? "", { text, element });
  }
  return found;
}

/** @param {string} html The server's own, escaped there. */
function showAccount(html) {
  const account = document.querySelector("#account");
  if (!account || !html) return;
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  const before = factsIn(account);
  const after = factsIn(fresh);
  const news = [...after].filter(([name, { text }]) => before.get(name)?.text !== text).map(([, fact]) => fact);
  if (news.length === 0 && before.size === after.size) return;
  const focused = document.activeElement;
  const address = focused instanceof HTMLAnchorElement && account.contains(focused) ? focused.href : null;
  account.replaceChildren(...fresh.childNodes);
  if (address) [...account.querySelectorAll("a")].find((link) => link.href === address)?.focus();
  for (const { element } of news) element.classList.add("changed");
  const status = document.querySelector("#account-news");
  if (status) status.textContent = `The account has changed. ${news.map(({ text }) => text).join(". ")}.`;
}

async function refresh() {
  const response = await fetch("/sandbox/state.json", { cache: "no-store" });
  if (!response.ok) return;
  const state = /** @type {State} */ (await response.json());
  showMailCount(state.mails);
  for (const line of document.querySelectorAll("[data-visitor]")) {
    if (line.textContent !== state.visitor) line.textContent = state.visitor;
  }
  const visit = document.body.dataset.visit;
  // Signed in as somebody else, or reset, in another tab.
  if (visit && state.visit !== visit) location.reload();
  else showAccount(state.account);
}

async function renewIdentity() {
  const response = await fetch("/sandbox/identity.json", { cache: "no-store" });
  const { identity_token: token } = await response.json();
  const { Offboard: widget } = /** @type {{Offboard?: {identify(token: string | null): void}}} */ (
    /** @type {unknown} */ (window)
  );
  if (token) widget?.identify(token);
}

/**
 * Again and again while the page is looked at; an error (the server restarts) only waits.
 * @param {() => Promise<void>} action
 * @param {number} pause
 */
function repeat(action, pause) {
  const again = async () => {
    if (!document.hidden) await action().catch(() => undefined);
    setTimeout(again, pause);
  };
  setTimeout(again, pause);
}

/** In a frame of the page with both sides: that page has the bar, and one of it is enough. */
function settleInFrame() {
  if (window.top === window) return;
  document.documentElement.classList.add("framed");
  if (location.pathname === "/sandbox/both") location.replace("/");
  for (const link of document.querySelectorAll('main a[href^="/sandbox/"]')) link.setAttribute("target", "_blank");
}

settleInFrame();
forgetTheLastVisit();
repeat(refresh, REFRESH_EVERY);
if (document.body.dataset.visit) repeat(renewIdentity, NEW_TOKEN_EVERY);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh().catch(() => undefined);
});

export {};
