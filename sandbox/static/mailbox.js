// The mailbox: new mails appear by themselves, and a mail opens beside the list. Every link and the
// filter work without this script, as pages.
// @ts-check

const LOOK_EVERY = 2_000;

/** @param {string} address */
async function pageAt(address) {
  const response = await fetch(address, { cache: "no-store" });
  if (!response.ok) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/**
 * @param {ParentNode} within
 * @param {string} selector
 */
function part(within, selector) {
  const found = within.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`no ${selector}`);
  return found;
}

/**
 * Takes over the list. What stays is not touched, so that focus and scroll stay too.
 * @param {Document} page
 */
function takeList(page) {
  const list = part(document, "#mails");
  const fresh = /** @type {HTMLElement[]} */ ([...part(page, "#mails").children]);
  const known = new Map(
    /** @type {HTMLElement[]} */ ([...list.children]).map((item) => [item.dataset.key, item]),
  );
  const kept = new Set(fresh.map((item) => item.dataset.key));
  for (const [key, item] of known) if (!kept.has(key)) item.remove();
  fresh.forEach((item, place) => {
    const old = known.get(item.dataset.key);
    if (!old) {
      item.classList.add("changed");
      list.insertBefore(item, list.children[place] ?? null);
    } else {
      part(old, "a").setAttribute("href", part(item, "a").getAttribute("href") ?? "");
    }
  });
  const empty = part(page, "#no-mails");
  part(document, "#no-mails").hidden = empty.hidden;
  part(document, "#no-mails").textContent = empty.textContent;
}

/**
 * Takes over the mail that is read, and marks it in the list.
 * @param {Document} page
 */
function takeReading(page) {
  part(document, "#reading").replaceChildren(...part(page, "#reading").childNodes);
  part(document, "#main").className = part(page, "#main").className;
  document.title = page.title;
  const chosen = new URL(location.href).searchParams.get("message");
  for (const item of part(document, "#mails").children) {
    const link = part(item, "a");
    if (/** @type {HTMLElement} */ (item).dataset.key === chosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** @param {string} address */
async function go(address) {
  const page = await pageAt(address);
  takeList(page);
  takeReading(page);
}

/** @param {Element | null} element */
function focusOn(element) {
  if (element instanceof HTMLElement) element.focus();
}

/** @param {string} address */
function openAt(address) {
  history.pushState(null, "", address);
  return go(address).catch(() => location.assign(address));
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("#mails a, .parts a, .back a") : null;
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!(link instanceof HTMLAnchorElement) || !plain) return;
  event.preventDefault();
  const from = link.parentElement?.className;
  const left = new URL(location.href).searchParams.get("message");
  void openAt(link.href).then(() => {
    if (from === "parts") focusOn(document.querySelector(".parts [aria-current]"));
    else if (from === "back") focusOn(document.querySelector(`#mails [data-key="${CSS.escape(left ?? "")}"] a`));
    else focusOn(document.querySelector("#subject"));
  });
});

// Up and down go through the list, as in any mail program.
part(document, "#mails").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const links = [...document.querySelectorAll("#mails a")];
  const place = document.activeElement ? links.indexOf(document.activeElement) : -1;
  const next = step === undefined ? undefined : links[place + step];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
});

const filter = part(document, "#filter");
filter.classList.add("by-itself");
part(document, "#to").addEventListener("change", () => {
  const to = /** @type {HTMLSelectElement} */ (part(document, "#to")).value;
  void openAt(`/sandbox/mailbox${to ? `?to=${encodeURIComponent(to)}` : ""}`);
});

addEventListener("popstate", () => {
  const to = new URL(location.href).searchParams.get("to") ?? "";
  /** @type {HTMLSelectElement} */ (part(document, "#to")).value = to;
  go(location.href).catch(() => location.reload());
});

const look = async () => {
  if (!document.hidden) await pageAt(location.href).then(takeList).catch(() => undefined);
  setTimeout(look, LOOK_EVERY);
};
setTimeout(look, LOOK_EVERY);

export {};
