// The calls of the web API.

import type { Content } from "./contract.ts";
import { Problem, problemOf } from "./problem.ts";

export interface Session {
  id: string;
  token: string;
  identified: boolean;
}

export type Api = ReturnType<typeof createApi>;

export function createApi(origin: string) {
  async function call(path: string, init: RequestInit): Promise<Response> {
    // No cookies: the session token is all there is, so no other site can act for the customer.
    const response = await fetch(origin + "/api/conversations" + path, {
      ...init,
      credentials: "omit",
      cache: "no-store",
    }).catch(() => {
      throw new Problem(0);
    });
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  async function post(
    path: string,
    body: object,
    headers: Record<string, string> = {},
    patience = 20_000,
  ): Promise<Record<string, unknown>> {
    const response = await call(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
    });
    return response.json().catch(() => {
      throw new Problem(0);
    });
  }

  const withToken = ({ token }: Session) => ({ Authorization: `Bearer ${token}` });

  return {
    origin,

    async createConversation(identityToken: string | null, locale: string): Promise<Session> {
      const answer = await post("", {
        ...(identityToken && { identity_token: identityToken }),
        locale,
        time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      });
      return {
        id: answer["conversation_id"] as string,
        token: answer["session_token"] as string,
        identified: !!answer["identified"],
      };
    },

    /** Answers the message's place in the talk. The same key again is the same message. */
    async send(session: Session, key: string, content: Content): Promise<number> {
      const headers = { ...withToken(session), "Idempotency-Key": key };
      return (await post(`/${session.id}/messages`, content, headers))["sequence"] as number;
    },

    /** Answers the address of a page where one can cancel without the assistant. */
    async cancelPage(session: Session): Promise<string> {
      return (await post(`/${session.id}/cancel-page`, {}, withToken(session), 4_000))["url"] as string;
    },

    /** Opens the stream of everything after `last`. */
    async events(session: Session, last: number, signal: AbortSignal): Promise<Response> {
      const response = await call(`/${session.id}/events${last ? "" : "?after=0"}`, {
        headers: { ...withToken(session), ...(last && { "Last-Event-ID": `${last}` }) },
        signal,
      });
      // A hotel's sign-in page answers 200 too, but it is no event stream.
      if (!/event-stream/.test(response.headers.get("Content-Type")!)) throw new Problem(0);
      return response;
    },
  };
}
