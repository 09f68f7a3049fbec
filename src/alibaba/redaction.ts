// Makes text from the service fit for a condition or a log: no secrets, no PEM, no URLs, no long opaque runs, one line, bounded.

/** Cleans text and cuts it to `limit` characters. */
export type Redact = (text: string, limit: number) => string;

const omitted = '<omitted>';
const shortestSecret = 6;
// Anybody's endpoint writes the text. What is shown of it is far shorter, and patterns need not see more. Secrets are
// looked for in more of it, because what they leave when they are gone moves up.
const longestText = 4096;
const longestSearched = 64 * 1024;

// A run this long is a token, a key, a hash or base64, never a word; a UUID (36) and a DNS label in its dots stay readable.
const opaqueRun = /(?<![A-Za-z0-9+/=_%-])[A-Za-z0-9+/=_%-]{40,}/g;
const pemBlock = /-----BEGIN[\s\S]*?(?:-----END[^-]*-----|$)/g;
const url = /(?<![a-z0-9+.-])[a-z0-9+.-]+:\/\/[^\s"'<>]+/gi;
// Signature errors of the service echo the whole canonical request after these words, the security token included.
const echoedRequest = /(?:server )?(?:string to sign|canonical ?request)[\s\S]*$/i;

/** A function that removes the given secret values in every form they take on the wire, and all that looks like one. */
export function redactorOf(secrets: readonly (string | undefined)[]): Redact {
  const sought = secrets.filter((secret) => secret !== undefined).map((secret) => new Sought(secret));
  const withoutSecrets = (text: string): string =>
    sought
      .flatMap((secret) => secret.formsIn(text))
      .sort((a, b) => b.length - a.length)
      .reduce((rest, form) => (rest.includes(form) ? rest.replaceAll(form, omitted) : rest), text);
  return (text, limit) => {
    const clean = beginning(withoutSecrets(beginning(text, longestSearched)), longestText)
      .replace(pemBlock, omitted)
      .replace(echoedRequest, omitted)
      .replace(url, omitted)
      .replace(opaqueRun, omitted)
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim();
    return cut(withoutSecrets(clean), limit);
  };
}

/** A secret, whose forms are made when a text may hold it: a good answer holds an id of 36 characters, and no CSR fits into that. */
class Sought {
  readonly #secret: string;
  readonly #shortest: number;
  #forms: readonly string[] | undefined;

  constructor(secret: string) {
    this.#secret = secret;
    this.#shortest = secret.trim().length;
  }

  /** The forms that a text of this length may hold. */
  formsIn(text: string): readonly string[] {
    if (text.length < this.#shortest) return [];
    this.#forms ??= [...new Set(wireForms(this.#secret))].filter((form) => form.length >= shortestSecret);
    return this.#forms;
  }
}

function wireForms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    secret.trim(),
    encodeURIComponent(secret.toWellFormed()),
    json,
    Buffer.from(secret).toString('base64'),
  ];
}

// A word that is cut through might be half a secret, which nobody would recognise.
function beginning(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, Math.max(0, text.lastIndexOf(' ', length)));
}

function cut(text: string, limit: number): string {
  return (text.length <= limit ? text : `${text.slice(0, limit - 1)}…`).toWellFormed();
}
