// Slack's mrkdwn as nodes of the page. Words become text nodes and nothing else, so that no customer
// can write HTML; entities are read last, so that an escaped <!channel> is shown as words.
// @ts-check

/** @typedef {{people: Record<string, string>, names: Record<string, string>, emoji: Record<string, string>}} Names */

const CODE_BLOCK = /```\n?([\s\S]+?)```/;
const PIECES = new RegExp(
  [
    "`([^`\\n]+)`", // 1: code
    "<([^<>\\n]+)>", // 2: link, mention, date
    "(?<![\\w*])\\*(?=\\S)([^*\\n]*?\\S)\\*(?![\\w*])", // 3: bold
    "(?<![\\w_])_(?=\\S)([^_\\n]*?\\S)_(?![\\w_])", // 4: italic
    "(?<![\\w~])~(?=\\S)([^~\\n]*?\\S)~(?![\\w~])", // 5: struck
    ":([a-z0-9_+'-]+):", // 6: emoji
  ].join("|"),
);
const QUOTE = /^(?:>|&gt;) ?/;
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** @param {string} text */
export function plain(text) {
  return text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[/** @type {keyof typeof ENTITIES} */ (entity)]);
}

/**
 * @param {string} name
 * @param {(Node | string)[]} children
 * @param {Record<string, string>} [attributes]
 */
function element(name, children, attributes = {}) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} text
 * @param {Names} names
 * @returns {(Node | string)[]}
 */
export function mrkdwn(text, names) {
  const code = CODE_BLOCK.exec(text);
  if (code) {
    const before = text.slice(0, code.index).replace(/\n$/, "");
    const after = text.slice(code.index + code[0].length).replace(/^\n/, "");
    return [...mrkdwn(before, names), element("pre", [plain(code[1] ?? "")]), ...mrkdwn(after, names)];
  }
  /** @type {(Node | string)[]} */
  const found = [];
  /** @type {string[]} */
  let lines = [];
  let quoted = false;
  const flush = () => {
    if (lines.length === 0) return;
    const words = inline(lines.join("\n"), names);
    found.push(...(quoted ? [element("blockquote", words)] : words));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const isQuote = QUOTE.test(line);
    if (isQuote !== quoted) {
      flush();
      quoted = isQuote;
    }
    lines.push(isQuote ? line.replace(QUOTE, "") : line);
  }
  flush();
  return found;
}

/**
 * @param {string} text
 * @param {Names} names
 * @returns {(Node | string)[]}
 */
function inline(text, names) {
  const piece = PIECES.exec(text);
  if (!piece) return text ? [plain(text)] : [];
  const rest = inline(text.slice(piece.index + piece[0].length), names);
  const before = piece.index > 0 ? [plain(text.slice(0, piece.index))] : [];
  return [...before, ...shown(piece, names), ...rest];
}

/**
 * @param {RegExpExecArray} piece
 * @param {Names} names
 * @returns {(Node | string)[]}
 */
function shown([whole, code, link, bold, italic, struck, emoji], names) {
  if (code !== undefined) return [element("code", [plain(code)])];
  if (link !== undefined) return [linked(link, names)];
  if (bold !== undefined) return [element("strong", inline(bold, names))];
  if (italic !== undefined) return [element("em", inline(italic, names))];
  if (struck !== undefined) return [element("s", inline(struck, names))];
  return [emojiOf(emoji ?? "", names) ?? plain(whole)];
}

/**
 * @param {string} name
 * @param {Names} names
 */
export function emojiOf(name, names) {
  const sign = Object.hasOwn(names.emoji, name) ? names.emoji[name] : undefined;
  if (!sign) return undefined;
  const words = name.replaceAll("_", " ");
  const shown = hasEmoji() ? sign : (DRAWN[name] ?? words);
  return element("span", [shown], { role: "img", "aria-label": words, title: words });
}

/** In place of emoji where no font has them; others are written out.
 * @type {Record<string, string>} */
const DRAWN = { white_check_mark: "\u2713", heavy_check_mark: "\u2713", memo: "\u270e", x: "\u00d7" };

/** @type {boolean | undefined} */
let emojiFont;

/** Whether this browser has a font with emoji: only such a font draws in colour. */
function hasEmoji() {
  if (emojiFont !== undefined) return emojiFont;
  const pen = Object.assign(document.createElement("canvas"), { width: 24, height: 24 }).getContext("2d");
  if (!pen) return (emojiFont = true);
  pen.font = "20px sans-serif";
  pen.fillText("\u{1f600}", 0, 20);
  const { data } = pen.getImageData(0, 0, 24, 24);
  emojiFont = data.some((value, place) => place % 4 !== 3 && value > 0);
  return emojiFont;
}

/**
 * @param {string} content Between the angle brackets.
 * @param {Names} names
 */
function linked(content, names) {
  const [target = "", label = ""] = content.split("|", 2);
  const rest = target.slice(1);
  if (target.startsWith("@")) return mention(`@${names.people[rest] ?? (plain(label) || rest)}`);
  if (target.startsWith("#")) return mention(`#${names.names[rest] ?? (plain(label) || rest)}`);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return mention(`@${rest.split("^")[0]}`);
  if (!/^(?:https?|mailto|tel):/i.test(target)) return document.createTextNode(plain(`<${content}>`));
  return element("a", [plain(label || target)], { href: plain(target), target: "_blank", rel: "noopener noreferrer" });
}

/**
 * Where a link to a message of this workspace leads; nothing for any other link.
 * @param {string} address
 */
export function placeOf(address) {
  const url = URL.canParse(address) ? new URL(address) : null;
  const found = /^\/archives\/([CD]\w+)(?:\/p(\d+)(\d{6}))?$/.exec(url?.pathname ?? "");
  if (!url?.hostname.endsWith(".slack.com") || !found) return null;
  const thread = url.searchParams.get("thread_ts") ?? (found[2] ? `${found[2]}.${found[3]}` : "");
  return { channel: found[1] ?? "", thread };
}

/** @param {string} words */
function mention(words) {
  return element("span", [words], { class: "desk-mention" });
}

/**
 * @param {string} target
 * @param {string} fallback
 */
function date(target, fallback) {
  const [, seconds = "", format = ""] = target.split("^");
  const moment = new Date(Number(seconds) * 1000);
  if (Number.isNaN(moment.getTime())) return document.createTextNode(plain(fallback));
  const day = moment.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" });
  const time = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const words = plain(format).replace(/\{date[a-z_]*\}/g, day).replace(/\{time[a-z_]*\}/g, time);
  return element("time", [words], { datetime: moment.toISOString() });
}
