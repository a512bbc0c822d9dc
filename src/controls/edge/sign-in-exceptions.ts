import { isLoopbackAddress } from '../compose/service-ports.ts';
import type { Control } from '../control.ts';
import { exampleSignIn } from './sign-in-example.ts';
import { isSet, judgeProxy, signInProxies, valuesOf } from './sign-in-options.ts';

const id = 'J-OAP-03';
const expected = 'narrow exceptions, redirects to own names only';
/** Expressions that match each path: with nothing, a slash or anything at their begin. */
const everyPath = /^([A-Z]+=)?(\^?\/?(\.\*|\.\+)\$?|\^?\/|\^)$/;
/** `*`, a whole top-level domain, or one of the usual second-level ones. */
const everyDomain =
  /^(\*|\*?\.?(com|net|org|io|dev|app|de|eu|co\.uk|me|info|xyz|cloud|local))(:.*)?$/i;
const everybody = new Set(['0.0.0.0/0', '::/0']);

export const signInExceptions: Control = {
  id,
  title: 'The sign-in has no exception that is too wide',
  severity: 'high',
  domain: 'edge',
  subject: 'service',
  why: 'An exception that matches each path is no sign-in at all, and a redirect to any domain sends people who have just signed in to whoever made the link.',
  references: [
    'https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview/',
    'OWASP Unvalidated Redirects and Forwards Cheat Sheet',
  ],
  blindSpots: [
    'A configuration file is not read.',
    'An expression without ^ and $ matches parts of paths: whether one of those must be guarded is not known.',
    'Domains that anybody may register below are known by a few endings.',
    'With reverse-proxy each container on its network may set X-Forwarded headers: only a published port is found here.',
  ],
  remedy:
    'Write ^/health$ instead of a part, your own domain in whitelist-domain, and no ports: beside reverse-proxy; --trusted-proxy-ip names the proxy.',
  static: (model) =>
    signInProxies(model).flatMap((proxy) => {
      const faults = [];
      for (const option of ['skip_auth_route', 'skip_auth_regex']) {
        const wide = valuesOf(proxy, option).find((value) => everyPath.test(value));
        if (wide !== undefined) faults.push({ option, seen: `${option}=${wide}: each path` });
      }
      const domain = valuesOf(proxy, 'whitelist_domain').find((value) => everyDomain.test(value));
      if (domain !== undefined) {
        faults.push({ option: 'whitelist_domain', seen: `whitelist_domain=${domain}` });
      }
      if (valuesOf(proxy, 'trusted_ip').some((value) => everybody.has(value))) {
        faults.push({ option: 'trusted_ip', seen: 'trusted_ip lets every address in' });
      }
      const port = proxy.view.ports.find(({ address }) => !isLoopbackAddress(address));
      const named = proxy.options.has('trusted_proxy_ip');
      if (port && isSet(proxy, 'reverse_proxy') === true && !named) {
        faults.push({
          option: 'reverse_proxy',
          seen: `reverse_proxy trusts headers, and ${port.target} is published`,
        });
      }
      const whole = proxy.hasFile
        ? ({ status: 'unknown', seen: 'a file decides' } as const)
        : ({ status: 'pass', seen: 'so' } as const);
      return judgeProxy(proxy, expected, faults, whole);
    }),
  examples: {
    pass: [
      exampleSignIn(['--skip-auth-route=GET=^/health$', '--whitelist-domain=.example.com']),
      exampleSignIn(['--skip-auth-route=^/$']),
      exampleSignIn(['--reverse-proxy=true']),
      exampleSignIn(['--reverse-proxy=true'], {}, { ports: ['127.0.0.1:4180:4180'] }),
    ],
    fail: [
      exampleSignIn(['--skip-auth-route=.*']),
      exampleSignIn(['--skip-auth-route', 'GET=^/']),
      exampleSignIn([], { OAUTH2_PROXY_SKIP_AUTH_ROUTES: '^/health$,^/.*' }),
      exampleSignIn(['--whitelist-domain=*']),
      exampleSignIn(['--whitelist-domain=.com']),
      exampleSignIn(['--trusted-ip=0.0.0.0/0']),
      exampleSignIn(['--reverse-proxy'], {}, { ports: ['4180:4180'] }),
    ],
  },
};
