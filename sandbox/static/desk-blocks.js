// Block Kit as elements of the page.
// @ts-check
import { field, freshId, make } from "./desk-fields.js";
import { emojiOf, mrkdwn, plain } from "./desk-mrkdwn.js";

/** @typedef {import("./desk-fields.js").Json} Json */
/** @typedef {import("./desk-mrkdwn.js").Names} Names */
/** @typedef {import("./desk-fields.js").Pressed} Pressed */
/** @typedef {{names: Names, pressed: Pressed, values?: Json, heading: "h2" | "h3"}} Context */

/**
 * @param {Json[]} list
 * @param {Context} context
 */
export function blocks(list, context) {
  return list.map((block) => (KINDS[block.type] ?? unknown)(block, context));
}

/**
 * @param {Json} text
 * @param {Names} names
 * @returns {(Node | string)[]}
 */
export function words(text, names) {
  if (text.type === "mrkdwn") return mrkdwn(text.text, names);
  // As in Slack, :names: of emoji count in plain text too, and nothing else does.
  return text.text.split(/(:[a-z0-9_+'-]+:)/).map((/** @type {string} */ part) => {
    const name = /^:(.+):$/.exec(part)?.[1];
    return (name && emojiOf(name, names)) || plain(part);
  });
}

/**
 * @param {Json} element
 * @param {Json} block
 * @param {Context} context
 */
function control(element, block, { names, pressed, values }, name = "") {
  const known = values?.[block.block_id]?.[element.action_id];
  const acting = block.type === "input" && !block.dispatch_action ? undefined : pressed;
  return field(element, block.block_id, { name, people: names.people, known, pressed: acting });
}

/** @type {Record<string, (block: Json, context: Context) => HTMLElement>} */
const KINDS = {
  header: (block, context) => make(context.heading, { class: "desk-header" }, words(block.text, context.names)),
  divider: () => make("hr"),
  section: (block, context) => {
    const text = block.text ? [make("div", { class: "desk-text" }, words(block.text, context.names))] : [];
    const fields = (block.fields ?? []).map((/** @type {Json} */ one) => make("li", {}, words(one, context.names)));
    const left = make("div", { class: "desk-section-words" }, [...text, ...(fields.length ? [make("ul", { class: "desk-facts" }, fields)] : [])]);
    const name = plain(block.text?.text ?? "").replace(/[*_~]/g, "");
    const right = block.accessory ? [control(block.accessory, block, context, block.accessory.type === "button" ? "" : name)] : [];
    return make("div", { class: "desk-section" }, [left, ...right]);
  },
  context: (block, context) => {
    const parts = block.elements.map((/** @type {Json} */ one) =>
      make("span", {}, one.type === "image" ? [one.alt_text] : words(one, context.names)),
    );
    return make("div", { class: "desk-context" }, parts);
  },
  actions: (block, context) =>
    make("div", { class: "desk-actions", role: "group", "aria-label": "Actions" },
      block.elements.map((/** @type {Json} */ one) => control(one, block, context))),
  input: (block, context) => {
    const label = plain(block.label.text);
    const entry = control(block.element, block, context, label);
    const optional = block.optional ? [make("span", { class: "quiet" }, [" (optional)"])] : [];
    const grouped = entry instanceof HTMLFieldSetElement;
    const head = make(grouped ? "span" : "label", { class: "desk-input-label", ...(grouped ? { "aria-hidden": "true" } : { htmlFor: entry.id }) }, [label, ...optional]);
    const hint = make("span", { class: "desk-hint quiet", id: freshId() }, [plain(block.hint?.text ?? "")]);
    const error = make("span", { class: "desk-error", id: freshId(), "data-error-of": block.block_id });
    entry.setAttribute("aria-describedby", `${hint.id} ${error.id}`);
    if (!block.optional && !grouped) entry.setAttribute("aria-required", "true");
    return make("div", { class: "desk-input" }, [head, entry, ...(block.hint ? [hint] : []), error]);
  },
  rich_text: (block, context) => make("div", { class: "desk-text" }, richText(block.elements, context.names)),
  image: (block) => make("p", { class: "quiet" }, [`Image: ${block.alt_text}`]),
};

/** @param {Json} block */
function unknown(block) {
  return make("p", { class: "quiet" }, [`(${block.type} is not shown here)`]);
}

/**
 * What people typed, in Slack's own blocks: words, and where the app sends such, styles and links.
 * @param {Json[]} elements
 * @param {Names} names
 * @returns {(Node | string)[]}
 */
function richText(elements, names) {
  return elements.flatMap((one) => {
    if (one.elements) return richText(one.elements, names);
    if (one.type === "emoji") return [emojiOf(one.name, names) ?? `:${one.name}:`];
    if (one.type === "user") return [`@${names.people[one.user_id] ?? one.user_id}`];
    if (one.type === "link") return mrkdwn(`<${one.url}|${one.text ?? one.url}>`, names);
    return [one.style?.bold ? make("strong", {}, [one.text]) : (one.text ?? "")];
  });
}
