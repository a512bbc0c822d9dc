/** A Set-Cookie line as far as it decides who sends the cookie along. */
export interface SetCookie {
  name: string;
  value: string;
  /** Without a leading dot; null: the host that set it, and no other. */
  domain: string | null;
  path: string;
  secure: boolean;
  httpOnly: boolean;
  /** In lower case; null where the line has none. */
  sameSite: string | null;
}

/** Whether a browser sends a cookie along, and the rule that decides. */
export interface Carriage {
  carried: boolean;
  why: string;
}

/** Reads a Set-Cookie line (RFC 6265, 5.2). */
export function parseSetCookie(line: string): SetCookie {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const named = new Map(
    attributes.map((text) => {
      const at = text.indexOf('=');
      return at < 0
        ? [text.toLowerCase(), '']
        : [text.slice(0, at).toLowerCase(), text.slice(at + 1)];
    }),
  );
  const at = pair.indexOf('=');
  const path = named.get('path') ?? '';
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    domain: named.get('domain')?.replace(/^\./, '').toLowerCase() || null,
    path: path.startsWith('/') ? path : '/',
    secure: named.has('secure'),
    httpOnly: named.has('httponly'),
    sameSite: named.get('samesite')?.toLowerCase() ?? null,
  };
}

/**
 * Whether a browser sends the cookie with a form that another site has it POST over HTTPS.
 *
 * @param setBy the host that answered with the cookie
 * @param target the form's address: host and path
 */
export function onCrossSitePost(
  cookie: SetCookie,
  setBy: string,
  target: { host: string; path: string },
): Carriage {
  const no = (why: string): Carriage => ({ carried: false, why });
  // A browser does not keep a cookie whose prefix promises what its attributes do not.
  if (cookie.name.startsWith('__Secure-') && !cookie.secure) {
    return no('not kept: a __Secure- prefix without Secure');
  }
  if (
    cookie.name.startsWith('__Host-') &&
    (!cookie.secure || cookie.domain !== null || cookie.path !== '/')
  ) {
    return no('not kept: a __Host- prefix without what it asks for');
  }
  if (cookie.sameSite === 'none' && !cookie.secure) {
    return no('not kept: SameSite=None without Secure');
  }
  const ours =
    cookie.domain === null
      ? target.host === setBy
      : target.host === cookie.domain || target.host.endsWith(`.${cookie.domain}`);
  if (!ours) return no('for other hosts');
  if (!onPath(cookie.path, target.path)) return no('for other paths');
  const { sameSite } = cookie;
  if (sameSite === 'lax' || sameSite === 'strict') return no(`SameSite=${sameSite}`);
  // Without a value that they know, some browsers send it always, others for two minutes.
  return { carried: true, why: sameSite === 'none' ? 'SameSite=none' : 'no SameSite' };
}

function onPath(own: string, path: string): boolean {
  return path === own || path.startsWith(own.endsWith('/') ? own : `${own}/`);
}
