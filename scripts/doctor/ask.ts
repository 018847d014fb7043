import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What was answered to one GET, redirects not followed. */
export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** The first bytes of the body, as text. */
  readonly text: string;
}

export interface Question {
  readonly url: URL;
  /** `Host` included. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM; else the machine's own. */
  readonly ca?: string | undefined;
  readonly signal: AbortSignal;
}

const bodyBytesMax = 1024 * 1024;

/** @throws whatever the connection fails by */
export function ask({ url, headers, ca, signal }: Question): Promise<Answer> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    request(url, { headers, signal, ca, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      const answered = () => {
        const byName = new Map<string, string[]>();
        for (const [name, value] of pairs(response.rawHeaders)) {
          const known = byName.get(name) ?? [];
          known.push(value);
          byName.set(name, known);
        }
        resolve({
          status: response.statusCode ?? 0,
          headers: byName,
          text: Buffer.concat(pieces).toString('utf8'),
        });
      };
      response
        .on('data', (piece: Buffer) => {
          pieces.push(piece);
          bytes += piece.length;
          if (bytes <= bodyBytesMax) return;
          answered();
          response.destroy();
        })
        .on('end', answered)
        .on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

function* pairs(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let at = 0; at + 1 < raw.length; at += 2) yield [(raw[at] ?? '').toLowerCase(), raw[at + 1] ?? ''];
}
