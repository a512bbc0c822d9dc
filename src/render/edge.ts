import type { Stack, StackRoute } from '../catalog/stack.ts';
import { edgeService } from '../catalog/resolve-stack.ts';
import { textOf, type Settings } from '../settings/definition.ts';

/** One Traefik router as its template writes it. */
export interface EdgeRouter {
  name: string;
  entryPoints: readonly string[];
  rule: string;
  /** 0: Traefik's own order, by the rule's length. */
  priority: number;
  service: string;
  middlewares: readonly string[];
  /** The name of its TLS options; '' where it does not speak TLS. */
  tls: string;
  host: string;
}

/** AEAD suites with forward secrecy, by their Go names; TLS 1.3's own are always on. */
export const aeadSuites: readonly string[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
];

/**
 * The middleware chain of a route, outermost first. Every router is built alike: headers, pages
 * for errors, the rate limit, and then (unless the manifest says why not) the gate.
 */
export function chainOf(route: StackRoute): string[] {
  return [
    `headers-${route.headers}`,
    'error-pages',
    `limited-${route.tier}`,
    `rate-${route.tier}`,
    'identity-strip',
    ...(route.auth === 'sso' ? ['sign-in', 'gate'] : []),
    ...(route.traefikService ? [] : ['compress']),
  ];
}

/** Traefik's routers: one for each route, one that catches the rest, one for the probe. */
export function edgeRouters(stack: Stack): EdgeRouter[] {
  const routers = stack.routes.map((route): EdgeRouter => ({
    name: `${route.service}-${route.name}`,
    entryPoints: ['websecure'],
    rule: `Host(\`${route.hostName}\`)${route.path ? ` && PathPrefix(\`${route.path}\`)` : ''}`,
    priority: 0,
    service: route.traefikService ?? `${route.service}-${route.name}`,
    middlewares: chainOf(route),
    tls: 'edge',
    host: route.hostName,
  }));
  return [
    ...routers,
    ...signInGuards(stack),
    {
      name: 'unknown-host',
      entryPoints: ['websecure'],
      rule: 'PathPrefix(`/`)',
      priority: 1,
      service: 'error-pages-nothing',
      middlewares: ['headers-strict', 'rate-general'],
      // Traefik takes options of their own only for a router with a host; these are the same.
      tls: 'default',
      host: stack.domain,
    },
    {
      name: 'probe',
      entryPoints: ['probe'],
      rule: 'PathPrefix(`/api`)',
      priority: 0,
      service: 'api@internal',
      middlewares: ['probe-users'],
      tls: '',
      host: '127.0.0.1',
    },
  ];
}

/**
 * A page of another site cannot end a session. A browser says where a request comes from: a form or
 * a sign-out from elsewhere gets nowhere. And since oauth2-proxy ends the session of whoever gets to
 * see the sign-in page, and another site can lead there, that page neither gets nor sets cookies.
 */
function signInGuards(stack: Stack): EdgeRouter[] {
  return stack.routes
    .filter((route) => route.headers === 'sign-in')
    .flatMap((route) => {
      const base = { entryPoints: ['websecure'], priority: 0, tls: 'edge', host: route.hostName };
      const host = `Host(\`${route.hostName}\`)`;
      const form = '(Method(`POST`) && !Path(`/oauth2/callback`))';
      return [
        {
          ...base,
          name: `${route.service}-foreign`,
          rule: `${host} && Header(\`Sec-Fetch-Site\`, \`cross-site\`) && (${form} || PathRegexp(\`/sign_out\`))`,
          service: 'error-pages-nothing',
          middlewares: ['headers-strict', `limited-${route.tier}`, `rate-${route.tier}`],
        },
        {
          ...base,
          name: `${route.service}-page`,
          rule: `${host} && !Method(\`POST\`) && !PathRegexp(\`^/oauth2/(start|callback|sign_out|auth|userinfo)\`)`,
          service: `${route.service}-${route.name}`,
          middlewares: [...chainOf(route), 'session-kept'],
        },
      ];
    });
}

/** What the edge's templates know. `styleHash` is the CSP hash of the pages' one style block. */
export function edgeContext(stack: Stack, settings: Settings, styleHash: string): object {
  const mode = textOf(settings, 'TLS_MODE');
  const modern = textOf(settings, 'TLS_PROFILE') === 'modern';
  const own = mode === 'custom' ? 'custom-certificate' : 'edge-certificate';
  const port =
    settings.values['HTTPS_PORT'] === 443 ? '' : `:${String(settings.values['HTTPS_PORT'])}`;
  const page = [
    `default-src 'none'`,
    `style-src '${styleHash}'`,
    `img-src 'self'`,
    `base-uri 'none'`,
  ];
  return {
    acme: mode === 'letsencrypt',
    certificate: `/run/secrets/${own}`,
    certificateKey: `/run/secrets/${own}-key`,
    tls: { minVersion: modern ? 'VersionTLS13' : 'VersionTLS12', cipherSuites: aeadSuites },
    routers: edgeRouters(stack),
    services: [
      ...stack.routes
        .filter((route) => route.port !== undefined && route.service !== edgeService)
        .map((route) => ({
          name: `${route.service}-${route.name}`,
          url: `http://${route.service}:${String(route.port)}`,
        })),
      { name: 'error-pages', url: 'http://error-pages:8080' },
      { name: 'error-pages-nothing', url: 'http://error-pages:8081' },
    ],
    tiers: ['general', 'api', 'auth', 'critical'].map((name) => ({
      name,
      ...parseRate(textOf(settings, `RATE_${name.toUpperCase()}`)),
      retryAfter: retryAfter(parseRate(textOf(settings, `RATE_${name.toUpperCase()}`))),
    })),
    headers: [
      {
        name: 'strict',
        referrerPolicy: 'no-referrer',
        frameOptions: 'DENY',
        contentSecurityPolicy: [...page, `form-action 'self'`, `frame-ancestors 'none'`].join('; '),
      },
      {
        name: 'sign-in',
        referrerPolicy: 'no-referrer',
        frameOptions: 'DENY',
        // After the form the browser is sent on to the page that was asked for.
        contentSecurityPolicy: [
          ...page,
          `form-action 'self' https://${stack.domain}${port} https://*.${stack.domain}${port}`,
          `frame-ancestors 'none'`,
        ].join('; '),
      },
      {
        name: 'standard',
        referrerPolicy: 'strict-origin-when-cross-origin',
        frameOptions: 'SAMEORIGIN',
        contentSecurityPolicy: `frame-ancestors 'self'; base-uri 'self'; object-src 'none'`,
      },
      {
        name: 'embed',
        referrerPolicy: 'strict-origin-when-cross-origin',
        frameOptions: '',
        contentSecurityPolicy: `frame-ancestors 'self' https://*.${stack.domain}${port}; object-src 'none'`,
      },
    ],
  };
}

/** Whole seconds until a client that has used up its burst may ask once more. */
function retryAfter({ average, period }: { average: number; period: string }): number {
  const seconds = { s: 1, m: 60, h: 3600 }[period.at(-1) ?? ''] ?? 1;
  return Math.ceil(seconds / average);
}

/** `100/s:200` as Traefik's average, period and burst. The settings' pattern has checked it. */
export function parseRate(text: string): { average: number; period: string; burst: number } {
  const match = /^(\d+)\/([smh]):(\d+)$/.exec(text);
  if (!match) throw new TypeError(`not a rate: ${text}`);
  return { average: Number(match[1]), period: `1${match[2] ?? 's'}`, burst: Number(match[3]) };
}
