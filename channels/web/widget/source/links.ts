// Which addresses may become links, and finding them in a text.

/** Only http(s), or a path of the API's own origin; anything else (javascript:, data:) is no link. */
export function safeAddress(address: string, apiOrigin: string): string | null {
  try {
    const url = new URL(address, apiOrigin);
    return /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Cuts a text into plain pieces and web addresses, alternately: every second piece is an address. */
export const splitAtAddresses = (text: string): string[] =>
  text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?'()[\]])/);
