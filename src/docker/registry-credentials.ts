import { execa } from 'execa';
import * as z from 'zod';
import { JackerError } from '../error.ts';
import type { FileSystem } from '../io/file-system.ts';

/** Login for one registry, as the Engine API takes it in X-Registry-Auth. A secret. */
export type RegistryCredentials =
  | { username: string; password: string; serveraddress: string }
  | { identitytoken: string; serveraddress: string };

/** Finds the login for a registry; null where the operator is not logged in there. */
export type CredentialLookup = (registry: string) => Promise<RegistryCredentials | null>;

const configSchema = z.object({
  auths: z
    .record(
      z.string(),
      z.object({ auth: z.string().optional(), identitytoken: z.string().optional() }),
    )
    .optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});

const helperAnswerSchema = z.object({ Username: z.string(), Secret: z.string() });

/** Docker Hub's logins are kept under this name for historical reasons. */
const hubKey = 'https://index.docker.io/v1/';

/**
 * The logins that `docker login` left in Docker's configuration folder or its credential helpers:
 * the engine itself has none, the client sends them with each pull.
 * https://docs.docker.com/reference/cli/docker/login/#credential-stores
 */
export function createCredentialLookup(
  files: FileSystem,
  env: Readonly<Record<string, string>>,
): CredentialLookup {
  const folder = env['DOCKER_CONFIG'] ?? `${env['HOME'] ?? '/root'}/.docker`;
  return async (registry) => {
    const file = `${folder}/config.json`;
    const text = await files.readText(file);
    if (text === null) return null;
    const config = readConfig(text, file);
    const key = registry === 'docker.io' ? hubKey : registry;
    const helper = config.credHelpers?.[registry] ?? config.credHelpers?.[key] ?? config.credsStore;
    if (helper !== undefined && helper !== '') return askHelper(helper, key, env);
    const entry = config.auths?.[key] ?? config.auths?.[`https://${key}`];
    if (entry?.identitytoken) return { identitytoken: entry.identitytoken, serveraddress: key };
    const [username, ...password] = Buffer.from(entry?.auth ?? '', 'base64')
      .toString()
      .split(':');
    return username ? { username, password: password.join(':'), serveraddress: key } : null;
  };
}

function readConfig(text: string, file: string): z.infer<typeof configSchema> {
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    // The parser's own message could quote a part of a password.
    throw new JackerError('image', {
      what: 'Docker’s client configuration cannot be read',
      where: { file },
      why: 'it is not the JSON that docker login writes',
      hint: 'Repair the file, or log in again: docker login REGISTRY',
    });
  }
}

/** The protocol of credential helpers: the server on stdin, JSON on stdout. */
async function askHelper(
  helper: string,
  server: string,
  env: Readonly<Record<string, string>>,
): Promise<RegistryCredentials | null> {
  const result = await execa(`docker-credential-${helper}`, ['get'], {
    input: server,
    env,
    extendEnv: false,
    reject: false,
  });
  if (result.failed) {
    // The helper says "credentials not found" on stdout where nobody is logged in.
    if (/not found/i.test(result.stdout)) return null;
    throw new JackerError('image', {
      what: `The credential helper docker-credential-${helper} failed for ${server}`,
      why: result.stderr.trim() || `exit code ${result.exitCode ?? 'unknown'}`,
      hint: 'Log in again: docker login REGISTRY',
    });
  }
  const { Username, Secret } = readHelperAnswer(result.stdout, helper);
  return Username === '<token>'
    ? { identitytoken: Secret, serveraddress: server }
    : { username: Username, password: Secret, serveraddress: server };
}

function readHelperAnswer(text: string, helper: string): z.infer<typeof helperAnswerSchema> {
  try {
    return helperAnswerSchema.parse(JSON.parse(text));
  } catch {
    // Without the parser's message: it could quote a part of the password.
    throw new JackerError('image', {
      what: `The answer of docker-credential-${helper} is not understood`,
      hint: 'Log in again: docker login REGISTRY',
    });
  }
}
