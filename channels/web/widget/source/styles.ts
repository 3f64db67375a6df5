// The style sheets, adopted and not inserted: a strict Content-Security-Policy forbids <style>.

import dark from "./dark.css";
import css from "./styles.css";

function sheet(text: string, media?: string): CSSStyleSheet {
  const made = new CSSStyleSheet(media ? { media } : {});
  made.replaceSync(text);
  return made;
}

/** `theme` is the site's word; without one the reader's own setting decides. */
export function styleSheets(theme: string | undefined): CSSStyleSheet[] {
  const forWhom = { dark: "all", light: "not all" }[theme!] ?? "(prefers-color-scheme: dark)";
  return [sheet(css), sheet(dark, forWhom)];
}
