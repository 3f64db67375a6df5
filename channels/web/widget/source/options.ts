// What the site says about its widget: the attributes of the script tag.

import { englishStrings, type Strings } from "./strings.ts";

export interface Options {
  apiOrigin: string;
  company: string | undefined;
  /** null: the site did not say; "": it says that nobody is signed in. */
  identityToken: string | null;
  locale: string;
  direction: "ltr" | "rtl" | undefined;
  theme: string | undefined;
  strings: Strings;
}

declare global {
  interface Window {
    OffboardStrings?: Partial<Strings>;
  }
}

export function readOptions({ src, dataset }: HTMLScriptElement): Options {
  return {
    apiOrigin: new URL(src).origin,
    company: dataset["company"],
    identityToken: dataset["identityToken"] ?? null,
    locale: dataset["locale"] || navigator.language,
    direction: dataset["dir"] as Options["direction"],
    theme: dataset["theme"],
    strings: { ...englishStrings, ...window.OffboardStrings, ...JSON.parse(dataset["strings"] ?? "{}") },
  };
}
