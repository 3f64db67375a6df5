// The one error of every call: an answer that is not a success, or none at all.

export class Problem extends Error {
  /** The HTTP status; 0 when there was no answer, or none that makes sense. */
  status: number;
  /** How many seconds the server asks for before the next try. */
  retryAfter: number;

  constructor(status: number, detail = "", retryAfter = 0) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export const asProblem = (error: unknown): Problem => (error instanceof Problem ? error : new Problem(0));

/** True when the same call may well succeed later: no answer, a server's fault, too many calls. */
export const isPassing = ({ status }: Problem): boolean => !status || status >= 500 || [408, 425, 429].includes(status);

export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => null)) as { detail?: string } | null;
  return new Problem(response.status, body?.detail, Number(response.headers.get("Retry-After")) || 0);
}
