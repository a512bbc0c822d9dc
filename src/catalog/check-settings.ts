import { JackerError, type Problem } from '../error.ts';
import { listOf, textOf, type Settings } from '../settings/definition.ts';
import { entryOf, type EnvFile } from '../settings/env-file.ts';

/** Providers that are found by their issuer's address. */
const issuerProviders = ['oidc', 'keycloak-oidc', 'gitlab', 'entra-id'];

/** True where a provider is of use only with the address of its issuer. */
export function needsIssuer(provider: string): boolean {
  return issuerProviders.includes(provider);
}

/**
 * The rules between settings that no single one can state. Throws `settings-invalid` with every
 * violation's file, line and key.
 */
export function checkSettings(settings: Settings, file: string, env: EnvFile): void {
  const problems: Problem[] = [];
  const wrong = (key: string, what: string, hint: string): void => {
    const line = entryOf(env, key)?.line;
    problems.push({ what, where: { file, key, ...(line === undefined ? {} : { line }) }, hint });
  };
  if (settings.values['HTTP_PORT'] === settings.values['HTTPS_PORT']) {
    wrong('HTTPS_PORT', 'is the same port as HTTP_PORT', 'Give the two different ports.');
  }
  if (settings.values['AUTH_MODE'] === 'oauth') {
    const domains = listOf(settings, 'OAUTH_ALLOWED_DOMAINS');
    if (domains.some((domain) => domain.includes('*'))) {
      wrong(
        'OAUTH_ALLOWED_DOMAINS',
        'has a *, which lets in everybody who has any account at the provider',
        'Name the mail domains, or single addresses in OAUTH_ALLOWED_EMAILS.',
      );
    }
    if (domains.length === 0 && listOf(settings, 'OAUTH_ALLOWED_EMAILS').length === 0) {
      wrong(
        'OAUTH_ALLOWED_EMAILS',
        'nobody may sign in',
        'Name who may, in OAUTH_ALLOWED_EMAILS or OAUTH_ALLOWED_DOMAINS.',
      );
    }
    if (needsIssuer(textOf(settings, 'OAUTH_PROVIDER')) && !textOf(settings, 'OAUTH_ISSUER_URL')) {
      wrong(
        'OAUTH_ISSUER_URL',
        'is needed by this provider',
        "Set it to the provider's issuer address.",
      );
    }
  }
  if (
    textOf(settings, 'TLS_MODE') === 'letsencrypt' &&
    textOf(settings, 'DOMAIN').endsWith('.localhost')
  ) {
    wrong(
      'TLS_MODE',
      'cannot be letsencrypt for a name under .localhost',
      'Set DOMAIN to a domain that you own.',
    );
  }
  if (problems.length > 0) throw new JackerError('settings-invalid', problems);
}
