// The two ways out that are always there, alike in size and look: cancel without talking, and a person.

import { NewTabIcon, PersonIcon } from "./icons.tsx";
import { surroundings } from "./surroundings.ts";

export function Controls() {
  const { conversation, options } = surroundings;
  const { strings } = options;

  const openCancelPage = (event: MouseEvent) => {
    // Only the plain click is helped; a middle click or a blocked window follows the link itself.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    // The tab is opened at once, within the click, or pop-up blockers would stop it.
    const tab = window.open("", "_blank");
    if (!tab) return;
    event.preventDefault();
    try {
      tab.opener = null;
      tab.document.title = tab.document.body.textContent = strings.cancelNowOpening;
    } catch {
      // A browser that gives the tab no page yet: it will have one soon.
    }
    void conversation.cancelPage().then((address) => tab.location.replace(address));
  };

  return (
    <div class="controls">
      <a
        class="control"
        href={conversation.plainCancelPage}
        target="_blank"
        rel="noopener"
        onClick={openCancelPage}
      >
        <NewTabIcon />
        <span>
          {strings.cancelNow}
          <span class="unseen">, {strings.cancelNowHint}</span>
        </span>
      </a>
      <button class="control" type="button" onClick={() => conversation.talkToPerson()}>
        <PersonIcon />
        <span>{strings.talkToPerson}</span>
      </button>
    </div>
  );
}
