// What can be pressed, chosen and filled in within a block.
// @ts-check
import { placeOf, plain } from "./desk-mrkdwn.js";

/** @typedef {Record<string, any>} Json */
/** @typedef {(action: {element: Json, block: string, choose: unknown, from: HTMLElement}) => void} Pressed */

let made = 0;

/** An id that no other element has. */
export function freshId() {
  made += 1;
  return `desk-${made}`;
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, unknown>} [properties]
 * @param {(Node | string)[]} [children]
 */
export function make(name, properties = {}, children = []) {
  const element = document.createElement(name);
  for (const [property, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (property in element && !property.startsWith("aria")) Reflect.set(element, property, value);
    else element.setAttribute(property, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** @param {Json} element */
function optionsOf(element) {
  /** @type {Json[]} */
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  return groups.flatMap((group) => /** @type {Json[]} */ (group.options));
}

/**
 * The control for an element; `pressed` is called when it acts by itself. Its value is found again
 * by `valuesIn`.
 * @param {Json} element
 * @param {string} block
 * @param {{name: string, people: Record<string, string>, known?: Json, pressed?: Pressed}} context
 * @returns {HTMLElement}
 */
export function field(element, block, context) {
  const control = (CONTROLS[element.type] ?? unknown)(element, block, context);
  if (!["button", "overflow", "image"].includes(element.type)) control.dataset.field = `${block}/${element.action_id}`;
  return control;
}

/** @type {Record<string, (element: Json, block: string, context: Parameters<typeof field>[2]) => HTMLElement>} */
const CONTROLS = {
  button: (element, block, { pressed }) => {
    const button = make("button", { type: "button", class: `desk-button ${element.style ?? ""}`.trim() }, [
      plain(element.text.text),
    ]);
    if (element.accessibility_label) button.setAttribute("aria-label", element.accessibility_label);
    button.addEventListener("click", () => {
      const place = placeOf(element.url ?? "");
      if (place) document.dispatchEvent(new CustomEvent("desk:go", { detail: place }));
      else if (/^https?:/i.test(element.url ?? "")) open(element.url, "_blank", "noopener,noreferrer");
      pressed?.({ element, block, choose: null, from: button });
    });
    return button;
  },
  overflow: (element, block, { pressed }) => {
    const items = optionsOf(element).map((option) => {
      const button = make("button", { type: "button" }, [plain(option.text.text)]);
      button.addEventListener("click", () => {
        menu.open = false;
        pressed?.({ element, block, choose: option.value, from: summary });
      });
      return make("li", {}, [button]);
    });
    const summary = make("summary", { class: "desk-button" }, [
      make("span", { "aria-hidden": "true" }, ["\u2026"]),
      make("span", { class: "unseen" }, ["More actions"]),
    ]);
    const menu = make("details", { class: "desk-menu" }, [summary, make("ul", {}, items)]);
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.stopPropagation();
      menu.open = false;
      summary.focus();
    });
    return menu;
  },
  static_select: (element, block, context) => select(element, block, context, optionsOf(element), "initial_option"),
  users_select: (element, block, context) => {
    const options = Object.entries(context.people).map(([value, text]) => ({ value, text: { text } }));
    return select(element, block, context, options, "initial_user");
  },
  multi_static_select: (element, block, context) => several(element, block, context, "checkbox"),
  checkboxes: (element, block, context) => several(element, block, context, "checkbox"),
  radio_buttons: (element, block, context) => several(element, block, context, "radio"),
  plain_text_input: (element, _block, context) => {
    const kind = element.multiline ? "textarea" : "input";
    return typed(make(kind, element.multiline ? { rows: 4 } : { type: "text" }), element, context);
  },
  number_input: (element, _block, context) => {
    const step = element.is_decimal_allowed ? "any" : "1";
    return typed(make("input", { type: "number", step, min: element.min_value, max: element.max_value }), element, context);
  },
  email_text_input: (element, _block, context) => typed(make("input", { type: "email" }), element, context),
  url_text_input: (element, _block, context) => typed(make("input", { type: "url" }), element, context),
  datepicker: (element, block, context) => picker("date", "initial_date", element, block, context),
  timepicker: (element, block, context) => picker("time", "initial_time", element, block, context),
  image: (element) => make("span", { class: "quiet" }, [element.alt_text ?? ""]),
};

/** @param {Json} element */
function unknown(element) {
  return make("span", { class: "quiet" }, [`(${element.type} is not shown here)`]);
}

/**
 * @param {HTMLInputElement | HTMLTextAreaElement} control
 * @param {Json} element
 * @param {Parameters<typeof field>[2]} context
 */
function typed(control, element, { name, known }) {
  control.value = known?.value ?? element.initial_value ?? "";
  control.placeholder = plain(element.placeholder?.text ?? "");
  control.id = freshId();
  if (element.max_length) control.maxLength = element.max_length;
  if (name) control.setAttribute("aria-label", name);
  if (element.focus_on_load) control.autofocus = true;
  return control;
}

/**
 * @param {"date" | "time"} type
 * @param {string} initial
 * @param {Json} element
 * @param {string} block
 * @param {Parameters<typeof field>[2]} context
 */
function picker(type, initial, element, block, { name, known, pressed }) {
  const control = make("input", { type, id: freshId() });
  control.value = known?.[`selected_${type}`] ?? element[initial] ?? "";
  control.setAttribute("aria-label", name || (type === "date" ? "Date" : "Time"));
  control.addEventListener("change", () => pressed?.({ element, block, choose: control.value, from: control }));
  return control;
}

/**
 * @param {Json} element
 * @param {string} block
 * @param {Parameters<typeof field>[2]} context
 * @param {Json[]} options
 * @param {string} initial
 */
function select(element, block, { name, known, pressed }, options, initial) {
  const placeholder = plain(element.placeholder?.text ?? "Choose");
  const first = element[initial]?.value ?? element[initial] ?? "";
  const chosen = known?.selected_option?.value ?? known?.selected_user ?? first;
  // What was chosen before may be no option any more, since the app has changed the window.
  const before = options.some((option) => option.value === chosen) ? chosen : first;
  const choices = options.map((option) => make("option", { value: option.value }, [plain(option.text.text)]));
  const control = make("select", { id: freshId() }, [make("option", { value: "" }, [placeholder]), ...choices]);
  control.value = before;
  control.setAttribute("aria-label", name || placeholder);
  control.addEventListener("change", () => {
    if (control.value) pressed?.({ element, block, choose: control.value, from: control });
  });
  return control;
}

/**
 * @param {Json} element
 * @param {string} block
 * @param {Parameters<typeof field>[2]} context
 * @param {"checkbox" | "radio"} type
 */
function several(element, block, { name, known, pressed }, type) {
  /** @type {Json[]} */
  const chosen = known?.selected_options ?? (known?.selected_option ? [known.selected_option] : null) ??
    element.initial_options ?? (element.initial_option ? [element.initial_option] : []);
  const group = freshId();
  const choices = optionsOf(element).map((option) => {
    const box = make("input", { type, name: group, value: option.value, checked: chosen.some((one) => one.value === option.value) });
    const more = option.description ? [make("span", { class: "quiet" }, [plain(option.description.text)])] : [];
    return make("label", {}, [box, make("span", {}, [plain(option.text.text.replace(/[*_~]/g, "")), ...more])]);
  });
  const set = make("fieldset", { class: "desk-options", id: group }, [make("legend", { class: "unseen" }, [name || "Choose"]), ...choices]);
  set.addEventListener("change", () => {
    const value = valueOf(set);
    pressed?.({ element, block, choose: value, from: set });
  });
  return set;
}

/** @param {HTMLElement} control */
function valueOf(control) {
  if (!(control instanceof HTMLFieldSetElement)) return /** @type {HTMLInputElement} */ (control).value;
  const boxes = /** @type {HTMLInputElement[]} */ ([...control.querySelectorAll("input")]);
  const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
  return boxes[0]?.type === "radio" ? (chosen[0] ?? "") : chosen;
}

/**
 * Fills in what was filled in before, where the same field is still there.
 * @param {ParentNode} within
 * @param {Json} values As `valuesIn` gives them.
 */
export function fillIn(within, values) {
  for (const control of /** @type {NodeListOf<HTMLElement>} */ (within.querySelectorAll("[data-field]"))) {
    const value = values[control.dataset.field ?? ""];
    if (value === undefined) continue;
    if (control instanceof HTMLFieldSetElement) {
      for (const box of control.querySelectorAll("input")) box.checked = [value].flat().includes(box.value);
    } else if (!(control instanceof HTMLSelectElement) || [...control.options].some((option) => option.value === value)) {
      /** @type {HTMLInputElement} */ (control).value = value;
    }
  }
}

/**
 * Everything that is filled in, by `block/action`.
 * @param {ParentNode} within
 * @returns {Json}
 */
export function valuesIn(within) {
  const controls = /** @type {HTMLElement[]} */ ([...within.querySelectorAll("[data-field]")]);
  return Object.fromEntries(controls.map((control) => [control.dataset.field, valueOf(control)]));
}
