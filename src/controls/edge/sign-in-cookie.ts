import type { Control } from '../control.ts';
import { exampleSignIn } from './sign-in-example.ts';
import { isSet, judgeProxy, signInProxies, valuesOf } from './sign-in-options.ts';

const id = 'J-OAP-01';
const expected = 'Secure, HttpOnly, not SameSite=none, for 31 days at most';
const mostHours = 31 * 24;
const hours: Readonly<Record<string, number>> = { h: 1, m: 1 / 60, s: 1 / 3600 };

export const signInCookie: Control = {
  id,
  title: 'The session cookie of any oauth2-proxy keeps its flags and ends',
  severity: 'high',
  domain: 'edge',
  subject: 'service',
  why: 'A cookie that is sent in the clear, read by scripts or sent along by other sites is a session that somebody else uses, for as long as it holds.',
  references: [
    'CRIT-004',
    'https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview/',
    'OWASP Session Management Cheat Sheet',
  ],
  blindSpots: [
    'A configuration file is not read. Without a SameSite value a browser decides; most take lax.',
    'Cookies of other sign-in programs are not known here.',
  ],
  remedy:
    'Leave cookie-secure and cookie-httponly on, set cookie-samesite=lax and a cookie-expire of days.',
  static: (model) =>
    signInProxies(model).flatMap((proxy) => {
      const faults = [];
      for (const option of ['cookie_secure', 'cookie_httponly']) {
        if (isSet(proxy, option) === false) faults.push({ option, seen: `${option}=false` });
      }
      if (valuesOf(proxy, 'cookie_samesite').at(-1)?.toLowerCase() === 'none') {
        faults.push({ option: 'cookie_samesite', seen: 'cookie_samesite=none' });
      }
      const expire = hoursOf(valuesOf(proxy, 'cookie_expire').at(-1) ?? '');
      if (expire > mostHours) {
        faults.push({
          option: 'cookie_expire',
          seen: `a session of ${Math.round(expire / 24)} days`,
        });
      }
      const whole = proxy.hasFile
        ? ({ status: 'unknown', seen: 'a file decides' } as const)
        : ({ status: 'pass', seen: 'so' } as const);
      return judgeProxy(proxy, expected, faults, whole);
    }),
  examples: {
    pass: [
      exampleSignIn([]),
      exampleSignIn(['--cookie-secure=true', '--cookie-samesite=lax', '--cookie-expire=168h0m0s']),
    ],
    fail: [
      exampleSignIn(['--cookie-secure=false']),
      exampleSignIn([], { OAUTH2_PROXY_COOKIE_HTTPONLY: 'false' }),
      exampleSignIn(['--cookie-samesite', 'none']),
      exampleSignIn(['--cookie-expire=8760h']),
    ],
  },
};

/** A duration as Go writes it: https://pkg.go.dev/time#ParseDuration */
function hoursOf(text: string): number {
  let sum = 0;
  for (const [, number = '', unit = ''] of text.matchAll(/(\d{1,9})(h|m(?!s)|s)/g)) {
    sum += Number(number) * (hours[unit] ?? 0);
  }
  return sum;
}
