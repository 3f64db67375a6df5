// A card: facts with their names, such as what a cancellation will do and when.

import type { Card as CardContent } from "../contract.ts";
import { safeAddress } from "../links.ts";
import { surroundings } from "./surroundings.ts";

export const Card = ({ card }: { card: CardContent }) => (
    <div class="card">
      {card.title && <h3 dir="auto">{card.title}</h3>}
      {!!card.rows?.length && (
        <dl>
          {card.rows.map(({ label, value }) => (
            <div>
              <dt dir="auto">{label}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {!!card.links?.length && (
        <ul role="list">
          {card.links.map(({ title, url }) => (
            <li>
              <SafeLink address={url} title={title} />
            </li>
          ))}
        </ul>
      )}
      {card.note && (
        <p class="note" dir="auto">
          {card.note}
        </p>
      )}
    </div>
);

/** A link that opens beside the talk; an address that may not be one stays plain text. */
export function SafeLink({ address, title }: { address: string; title: string }) {
  const { apiOrigin, strings } = surroundings.options;
  const href = safeAddress(address, apiOrigin);
  if (!href) return <>{title}</>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" dir="auto">
      {title}
      <span class="unseen"> ({strings.newTab})</span>
    </a>
  );
}
