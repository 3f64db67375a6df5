// Modals that the app opens, and its questions before something is done.
// @ts-check
import { blocks } from "./desk-blocks.js";
import { fillIn, make, valuesIn } from "./desk-fields.js";
import { plain } from "./desk-mrkdwn.js";

/** @typedef {import("./desk-fields.js").Json} Json */
/** @typedef {import("./desk-messages.js").Desk} Desk */

/**
 * Asks what an element's `confirm` asks.
 * @param {HTMLDialogElement} dialog
 * @param {Json} question
 * @returns {Promise<boolean>}
 */
export function confirmed(dialog, question) {
  const yes = make("button", { value: "yes", class: `desk-button ${question.style ?? "primary"}` }, [plain(question.confirm.text)]);
  const no = make("button", { value: "no", class: "desk-button", autofocus: true }, [plain(question.deny.text)]);
  dialog.replaceChildren(
    make("form", { method: "dialog" }, [
      make("h2", { id: "confirm-title" }, [plain(question.title.text)]),
      make("p", {}, [plain(question.text.text)]),
      make("div", { class: "desk-window-foot" }, [no, yes]),
    ]),
  );
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/**
 * Shows the modal in front, or none. What was typed stays until the app changes the modal.
 * @param {HTMLDialogElement} dialog
 * @param {Json | null} view
 * @param {Desk} desk
 */
export function showModal(dialog, view, desk) {
  const mark = view ? `${view.id} ${view.hash}` : "";
  if (dialog.dataset.mark === mark) return;
  dialog.dataset.mark = mark;
  if (!view) {
    dialog.close();
    dialog.replaceChildren();
    return;
  }
  const same = dialog.open && dialog.dataset.view === view.id;
  const typed = same ? valuesIn(dialog) : {};
  const field = same ? document.activeElement?.closest("[data-field]")?.getAttribute("data-field") : null;
  dialog.dataset.view = view.id;
  dialog.replaceChildren(modalForm(dialog, view, desk));
  fillIn(dialog, typed);
  if (!dialog.open) dialog.showModal();
  // Whoever was at a field stays there, while the app changes what stands around it.
  const again = field ? dialog.querySelector(`[data-field="${CSS.escape(field)}"]`) : null;
  const stays = again instanceof HTMLFieldSetElement ? (again.querySelector("input:checked") ?? again.querySelector("input")) : again;
  const first = dialog.querySelector("[data-field] input, input[data-field], select[data-field], textarea[data-field]");
  const target = stays ?? dialog.querySelector("[autofocus]") ?? first ?? dialog.querySelector("h2");
  if (target instanceof HTMLElement) target.focus();
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {Json} view
 * @param {Desk} desk
 */
function modalForm(dialog, view, desk) {
  const content = blocks(view.blocks, {
    names: desk.names,
    heading: "h3",
    values: view.state.values,
    pressed: ({ element, block, choose, from }) => {
      const values = valuesIn(form);
      desk.press({ view: view.id, action: element.action_id, block, choose, values, element }, from, element.confirm);
    },
  });
  const closing = view.close ? plain(view.close.text) : view.depth ? "Back" : "Close";
  const close = make("button", { type: "button", class: "desk-button" }, [closing]);
  const submit = view.submit ? [make("button", { class: "desk-button primary" }, [plain(view.submit.text)])] : [];
  const form = make("form", { noValidate: true }, [
    make("h2", { id: "modal-title", tabIndex: -1 }, [plain(view.title.text)]),
    make("div", { class: "desk-window-body" }, content),
    make("p", { class: "desk-error", role: "alert", "data-form-error": "" }),
    make("div", { class: "desk-window-foot" }, [close, ...submit]),
  ]);
  const leave = () => desk.act({ do: "close", view: view.id });
  close.addEventListener("click", leave);
  dialog.oncancel = (event) => {
    event.preventDefault();
    void leave();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submitted(form, view, desk, submit[0]);
  });
  return form;
}

/**
 * @param {HTMLFormElement} form
 * @param {Json} view
 * @param {Desk} desk
 * @param {HTMLButtonElement | undefined} button
 */
async function submitted(form, view, desk, button) {
  if (!button || button.disabled) return;
  button.disabled = true;
  showErrors(form, {});
  const answer = await desk.act({ do: "submit", view: view.id, values: valuesIn(form) });
  button.disabled = false;
  showErrors(form, answer.errors ?? {});
  // What is said of a field that is not in the window has to be read as well.
  const fields = new Set([.../** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-error-of]"))].map((line) => line.dataset.errorOf));
  const others = Object.entries(answer.errors ?? {}).filter(([block]) => !fields.has(block)).map(([, sentence]) => sentence);
  const line = form.querySelector("[data-form-error]");
  if (line) line.textContent = answer.problem ?? others.join(" ");
}

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} errors
 */
function showErrors(form, errors) {
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-error-of]"))) {
    const sentence = errors[line.dataset.errorOf ?? ""] ?? "";
    line.textContent = sentence;
    const control = line.parentElement?.querySelector("[data-field]");
    if (sentence) control?.setAttribute("aria-invalid", "true");
    else control?.removeAttribute("aria-invalid");
  }
  const wrong = form.querySelector("[aria-invalid]");
  const target = wrong instanceof HTMLFieldSetElement ? wrong.querySelector("input") : wrong;
  if (target instanceof HTMLElement) target.focus();
}

export {};
