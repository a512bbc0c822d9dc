import type { Control } from '../control.ts';
import { exampleSignIn } from './sign-in-example.ts';
import { judgeProxy, signInProxies, valuesOf, type SignInProxy } from './sign-in-options.ts';

const id = 'J-OAP-02';
const expected = 'a list of who may come in';
/** Options that let in only whom they name. */
const lists = [
  'authenticated_emails_file',
  'allowed_group',
  'allowed_role',
  'github_org',
  'github_team',
  'github_repo',
  'github_user',
  'gitlab_group',
  'gitlab_project',
  'gitlab_projects',
  'google_group',
  'keycloak_group',
  'bitbucket_team',
  'bitbucket_repository',
];
/** Providers where anybody may open an account; the first is the default. */
const publicProviders = new Set([
  'google',
  'github',
  'gitlab',
  'facebook',
  'linkedin',
  'bitbucket',
  'digitalocean',
]);
/** Issuers that sign anybody's account. */
const publicIssuers =
  /^https:\/\/(accounts\.google\.com|gitlab\.com|appleid\.apple\.com|login\.microsoftonline\.com\/(common|consumers|organizations)\b)/;

export const signInEverybody: Control = {
  id,
  title: 'The sign-in lets in whom it knows, not whoever has an account somewhere',
  severity: 'critical',
  domain: 'edge',
  subject: 'service',
  grant: true,
  why: 'With email_domains=* everybody with an account at the provider is let in, and at Google or GitHub anybody may make one.',
  references: [
    'https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview/',
    'OWASP Top Ten A01',
  ],
  blindSpots: [
    'A configuration file is not read: where there is one, a list may be in it.',
    'A provider of your own decides itself who has an account: then everybody of it may come in, rightly.',
    'Other sign-in programs are not known here.',
  ],
  remedy:
    'Name them: --authenticated-emails-file, --allowed-group, --github-org, or your own domain in --email-domain.',
  static: (model) =>
    signInProxies(model).flatMap((proxy) => {
      const everybody = valuesOf(proxy, 'email_domain').includes('*');
      const listed = lists.some((name) => valuesOf(proxy, name).some((value) => value !== ''));
      if (everybody && !listed && isPublic(proxy)) {
        if (proxy.hasFile) {
          return judgeProxy(proxy, expected, [], {
            status: 'unknown',
            seen: 'a file may have a list',
          });
        }
        return judgeProxy(proxy, expected, [{ option: 'email_domain', seen: '* and no list' }], {
          status: 'pass',
          seen: 'so',
        });
      }
      const known = proxy.options.has('email_domain') || listed;
      const whole = known || !proxy.hasFile ? 'pass' : 'unknown';
      return judgeProxy(proxy, expected, [], {
        status: whole,
        seen: whole === 'pass' ? 'so' : 'a file decides',
      });
    }),
  examples: {
    pass: [
      exampleSignIn(['--provider=github', '--email-domain=*', '--github-org=example']),
      exampleSignIn(['--email-domain=example.com']),
      exampleSignIn(['--provider=keycloak-oidc', '--email-domain=*']),
      exampleSignIn([
        '--provider=oidc',
        '--oidc-issuer-url=https://id.example.com',
        '--email-domain=*',
      ]),
      exampleSignIn([], {
        OAUTH2_PROXY_EMAIL_DOMAINS: '*',
        OAUTH2_PROXY_AUTHENTICATED_EMAILS_FILE: '/emails',
      }),
    ],
    fail: [
      exampleSignIn(['--email-domain=*']),
      exampleSignIn(['--provider', 'github', '--email-domain', '*']),
      exampleSignIn([], { OAUTH2_PROXY_PROVIDER: 'google', OAUTH2_PROXY_EMAIL_DOMAINS: '*' }),
      exampleSignIn([
        '--provider=oidc',
        '--oidc-issuer-url=https://accounts.google.com',
        '--email-domain=*',
      ]),
    ],
  },
};

function isPublic(proxy: SignInProxy): boolean {
  const provider = valuesOf(proxy, 'provider')[0] ?? 'google';
  const issuer = valuesOf(proxy, 'oidc_issuer_url')[0] ?? '';
  if (provider === 'gitlab') return issuer === '' || publicIssuers.test(issuer);
  if (provider === 'azure')
    return ['', 'common'].includes(valuesOf(proxy, 'azure_tenant')[0] ?? '');
  // An address of one's own at GitHub's or GitLab's is a server of one's own.
  if (proxy.options.has('login_url')) return false;
  return publicProviders.has(provider) || publicIssuers.test(issuer);
}
