import type { Answer } from './ask.ts';

/** Something that clients would notice. */
export interface Finding {
  readonly code: string;
  readonly what: string;
  readonly fix: string;
}

export interface Asked {
  /** What a client asks for. */
  readonly url: URL;
  /** The answer that a client gets. */
  readonly via: Answer;
  /** The monolith's own, with the forwarded fields that a load balancer sends which clients reach at `url`. */
  readonly asClients: Answer;
  /** The monolith's own, without them. */
  readonly plain: Answer;
  /** `host:port` of the monolith, which no answer should show. */
  readonly legacyHost: string;
}

const trust =
  'Name the load balancer’s addresses in router.trustedPeers, and see that it sends X-Forwarded-Proto and X-Forwarded-Host.';
const passOn = 'Let whatever stands before the router pass this on as it is.';

/** Fields that differ from answer to answer, or belong to a connection. */
const ownOfEach = new Set(
  'age alt-svc connection content-length date etag expires keep-alive last-modified location server-timing set-cookie trailer transfer-encoding via x-request-id x-response-time x-runtime'.split(
    ' ',
  ),
);

/** What differs between the answer that clients get and the monolith's own. */
export function compareAnswers(asked: Asked): Finding[] {
  const loop = redirectLoop(asked);
  if (loop !== null) return [loop];
  return [
    ...statusFindings(asked),
    ...redirectFindings(asked),
    ...cookieFindings(asked),
    ...fieldFindings(asked),
    ...linkFindings(asked),
  ];
}

function isRedirect({ status }: Answer): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function target(answer: Answer, url: URL): string | null {
  const [location] = answer.headers.get('location') ?? [];
  if (!isRedirect(answer) || location === undefined) return null;
  return URL.canParse(location, url.href) ? new URL(location, url).href : location;
}

function redirectLoop({ url, via, asClients }: Asked): Finding | null {
  if (target(via, url) !== url.href) return null;
  const own = target(asClients, url) === url.href;
  return {
    code: 'BANYAN_VIA_LOOP',
    what: `${url.href} redirects to itself (${via.status}): clients go round for ever${own ? '; so does the monolith when it is asked with forwarded fields' : ', which the monolith does not do when it is told how the client came'}`,
    fix: own
      ? 'Look by what the monolith tells that a client came by https: Express wants `trust proxy`.'
      : trust,
  };
}

function statusFindings({ url, via, asClients, plain }: Asked): Finding[] {
  if (via.status === asClients.status) return [];
  const lost = via.status === plain.status;
  return [
    {
      code: 'BANYAN_VIA_STATUS',
      what: `${url.href} is answered ${via.status}, and ${asClients.status} by the monolith${lost ? ' when it is told how the client came' : ''}`,
      fix: lost
        ? trust
        : 'Ask the router itself (`banyan doctor` without --via), so as to see which side of it changes the answer.',
    },
  ];
}

function redirectFindings({ url, via, asClients, plain }: Asked): Finding[] {
  const [got, own] = [target(via, url), target(asClients, url)];
  if (got === null || own === null || got === own) return [];
  return [
    {
      code: 'BANYAN_VIA_REDIRECT',
      what: `${url.href} redirects to ${got}, and by the monolith itself to ${own}`,
      fix:
        got === target(plain, url)
          ? trust
          : 'See that the load balancer passes Host on, or sends X-Forwarded-Host.',
    },
  ];
}

/** By name: what is said of a cookie beside its value. */
function cookies(answer: Answer): Map<string, string> {
  const found = new Map<string, string>();
  for (const cookie of answer.headers.get('set-cookie') ?? []) {
    const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
    const kept = attributes.filter((attribute) => !/^(expires|max-age)=/i.test(attribute));
    found.set(
      pair.split('=')[0] ?? '',
      kept
        .map((attribute) => attribute.toLowerCase())
        .sort()
        .join('; '),
    );
  }
  return found;
}

function cookieFindings({ url, via, asClients, plain }: Asked): Finding[] {
  const [got, own, untold] = [cookies(via), cookies(asClients), cookies(plain)];
  return [...own].flatMap(([name, attributes]) => {
    const here = got.get(name);
    if (here === attributes) return [];
    const lost = here === untold.get(name);
    return [
      {
        code: 'BANYAN_VIA_COOKIE',
        what:
          here === undefined
            ? `the cookie ${name}, which the monolith sets, is not set by ${url.href}`
            : `the cookie ${name} of ${url.href} has “${here}”, and by the monolith itself “${attributes}”`,
        fix: lost ? trust : passOn,
      },
    ];
  });
}

function fieldFindings({ url, via, asClients }: Asked): Finding[] {
  if (via.status !== asClients.status) return [];
  const shown = (answer: Answer, name: string) => answer.headers.get(name)?.join(', ');
  return [...asClients.headers.keys()].flatMap((name) => {
    const [got, own] = [shown(via, name), shown(asClients, name)];
    if (ownOfEach.has(name) || got === own || /^x-ratelimit|^ratelimit/.test(name)) return [];
    return [
      {
        code: 'BANYAN_VIA_FIELD',
        what: `${url.href} has ${got === undefined ? `no ${name}` : `${name}: ${got}`}; the monolith says ${own}`,
        fix: passOn,
      },
    ];
  });
}

/** A page that leads clients round banyan, or to where they cannot go. */
function linkFindings({ url, via, asClients, legacyHost }: Asked): Finding[] {
  if (isRedirect(via)) return [];
  const findings: Finding[] = [];
  if (legacyHost !== url.host && via.text.includes(`//${legacyHost}`)) {
    findings.push({
      code: 'BANYAN_VIA_LINK',
      what: `the body of ${url.href} names the monolith’s own address, ${legacyHost}`,
      fix: 'See that Host reaches the monolith as clients send it, and that its own base URL is the public one.',
    });
  }
  const insecure = `http://${url.host}/`;
  if (url.protocol === 'https:' && via.text.includes(insecure) && !asClients.text.includes(insecure)) {
    findings.push({
      code: 'BANYAN_VIA_LINK',
      what: `the body of ${url.href} has links to ${insecure}, and by the monolith itself to https`,
      fix: trust,
    });
  }
  return findings;
}
