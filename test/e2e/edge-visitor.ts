import { request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';

/** One answer on the way. */
export interface Hop {
  url: URL;
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A cookie as a browser keeps it. */
export interface Cookie {
  name: string;
  value: string;
  /** The host, or with `wide` the domain, that gets it. */
  domain: string;
  wide: boolean;
  path: string;
  /** The whole Set-Cookie line. */
  line: string;
}

/** Visits pages of several hosts as a browser does: with a jar of cookies, following redirects. */
export interface Visitor {
  cookies: Cookie[];
  /** Goes to an address and on from there; `until` ends the way at the first answer it holds for. */
  visit(url: string | URL, until?: (hop: Hop) => boolean): Promise<Hop>;
  /** Fills in and sends the page's one form. */
  submit(page: Hop, fields: Record<string, string>, until?: (hop: Hop) => boolean): Promise<Hop>;
  /** Every answer so far. */
  history: Hop[];
}

/** A visitor for whom every host is on loopback and these authorities (PEM) are to be trusted. */
export function createVisitor(authorities: readonly string[]): Visitor {
  const cookies: Cookie[] = [];
  const history: Hop[] = [];

  const once = (method: string, url: URL, body: string | undefined): Promise<Hop> =>
    new Promise((resolve, reject) => {
      const fitting = cookies.filter((cookie) => fits(cookie, url));
      const sent = request(
        {
          host: '127.0.0.1',
          port: url.port,
          servername: url.hostname,
          path: `${url.pathname}${url.search}`,
          method,
          ca: [...authorities],
          agent: false,
          headers: {
            host: url.host,
            accept: 'text/html',
            ...(fitting.length === 0
              ? {}
              : { cookie: fitting.map(({ name, value }) => `${name}=${value}`).join('; ') }),
            ...(body === undefined
              ? {}
              : {
                  'content-type': 'application/x-www-form-urlencoded',
                  'content-length': Buffer.byteLength(body),
                }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            for (const line of response.headers['set-cookie'] ?? []) keep(cookies, line, url);
            const { statusCode: status = 0, headers } = response;
            const hop = { url, status, headers, body: Buffer.concat(chunks).toString() };
            history.push(hop);
            resolve(hop);
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });

  const follow = async (
    first: Promise<Hop>,
    until: (hop: Hop) => boolean = () => false,
  ): Promise<Hop> => {
    let hop = await first;
    for (let hops = 0; hops < 20; hops++) {
      const { location } = hop.headers;
      if (location === undefined || until(hop)) return hop;
      hop = await once('GET', new URL(location, hop.url), undefined);
    }
    throw new Error(`redirected without end, last to ${hop.url.href}`);
  };

  return {
    cookies,
    history,
    visit: (url, until) => follow(once('GET', new URL(url), undefined), until),
    submit: (page, fields, until) => {
      const action = /<form[^>]* action="([^"]+)"/.exec(page.body)?.[1];
      if (action === undefined) throw new Error(`no form at ${page.url.href}: ${page.body}`);
      const hidden = [...page.body.matchAll(/<input type="hidden" name="(\w+)" value="(\w*)"/g)];
      const values = new URLSearchParams({
        ...Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value])),
        ...fields,
      });
      return follow(once('POST', new URL(action, page.url), values.toString()), until);
    },
  };
}

function fits(cookie: Cookie, url: URL): boolean {
  const host =
    url.hostname === cookie.domain || (cookie.wide && url.hostname.endsWith(`.${cookie.domain}`));
  return host && url.pathname.startsWith(cookie.path);
}

function keep(cookies: Cookie[], line: string, url: URL): void {
  const [pair = '', ...attributes] = line.split(/; ?/);
  const [name = '', ...value] = pair.split('=');
  const read = (key: string): string | undefined =>
    attributes.find((text) => text.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
  const domain = read('domain')?.replace(/^\./, '');
  const cookie: Cookie = {
    name,
    value: value.join('='),
    domain: domain ?? url.hostname,
    wide: domain !== undefined,
    path: read('path') ?? '/',
    line,
  };
  const same = cookies.findIndex(
    (other) => other.name === name && other.domain === cookie.domain && other.path === cookie.path,
  );
  if (same >= 0) cookies.splice(same, 1);
  const age = read('max-age');
  const end = read('expires');
  const over = age === undefined ? end !== undefined && Date.parse(end) <= Date.now() : +age <= 0;
  if (!over) cookies.push(cookie);
}
