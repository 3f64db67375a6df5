// Whom an identity token is about, read without checking it: only the server can check, but the
// widget must not show one customer's talk to the next one at the same screen.

/** The token's subject; undefined when it is no JSON Web Token. */
export function subjectOf(token: string): string | undefined {
  try {
    const [, claims = ""] = token.split(".");
    return (JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/"))) as { sub?: string }).sub;
  } catch {
    return undefined;
  }
}
