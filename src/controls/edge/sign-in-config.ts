import type { ProjectModel } from '../control.ts';

/** oauth2-proxy's rendered configuration; it holds a secret. */
export const signInFile = 'secrets/oauth.oauth2-proxy.cfg';

/**
 * One value of oauth2-proxy's configuration, without quotes; null where the file or the key is
 * missing. Never ask for a key whose value is secret.
 */
export function signInValue(project: ProjectModel | undefined, key: string): string | null {
  const text = project?.files.get(signInFile);
  const match = text && new RegExp(`^${key} = (.*)$`, 'm').exec(text);
  return match ? (match[1] ?? '').replaceAll('"', '') : null;
}
