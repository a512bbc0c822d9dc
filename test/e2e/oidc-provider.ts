import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '../../src/secrets/authority.ts';
import type { Testbed } from '../testbed/index.ts';
import { hostAddress } from './edge-project.ts';
import { freePorts, type TestProject } from './project.ts';

const host = 'oidc.test';

/** How kinds of providers differ from what the standard asks for. */
const peculiarities = {
  oidc: {},
  'keycloak-oidc': { ACCESS_TOKEN_FORMAT: 'jwt' },
  gitlab: { USERINFO_PATH: '/oauth/userinfo' },
} as const;

/** An OpenID provider at which every name signs in, its address being `NAME@example.test`. */
export interface TestProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** The certificate of the authority that signed the provider's own, PEM. */
  authority: string;
  /** The address under which containers of the engine reach it. */
  address: string;
  host: string;
  stop(): Promise<void>;
}

/**
 * Starts the provider on the engine's host, behind TLS of an authority that nobody knows. It is on
 * no network of the project: the project reaches it the way it reaches the internet.
 */
export async function startProvider(
  testbed: Testbed,
  project: TestProject,
  redirectUrl: string,
  like: keyof typeof peculiarities = 'oidc',
): Promise<TestProvider> {
  const [port = 0] = await freePorts(1);
  const address = await hostAddress(project);
  const issuer = `https://${host}:${String(port)}`;
  const clientSecret = randomBytes(24).toString('base64url');
  const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
  const now = new Date();
  const authority = createAuthority({ project: 'oidc', permitted: [host], now, random });
  const own = issueCertificate({ authority, names: [host], now, random });
  const name = `${project.name}-test-${like}`;
  const folder = await mkdtemp(join(tmpdir(), 'jacker-oidc-'));
  const stop = async (): Promise<void> => {
    await project.docker(['rm', '-f', name]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // The image's own user has to read them.
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'certificate'), own.certificate);
    await writeFile(join(folder, 'key'), own.key);
    await writeFile(join(folder, 'secret'), clientSecret);
    const settings = {
      ISSUER: issuer,
      PORT: port,
      CLIENT_ID: 'jacker',
      CLIENT_SECRET_FILE: '/provider/secret',
      REDIRECT_URIS: redirectUrl,
      TLS_CERT_FILE: '/provider/certificate',
      TLS_KEY_FILE: '/provider/key',
      ...peculiarities[like],
    };
    const started = await project.docker([
      ...['run', '-d', '--name', name, '--network', 'host', '-v', `${folder}:/provider:ro`],
      ...Object.entries(settings).flatMap(([key, value]) => ['-e', `${key}=${String(value)}`]),
      testbed.images.oidc,
    ]);
    if (started.exitCode !== 0) throw new Error(started.stderr);
    await answering(
      port,
      authority.certificate,
      async () => (await project.docker(['logs', name])).stderr,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    issuer,
    clientId: 'jacker',
    clientSecret,
    authority: authority.certificate,
    address,
    host,
    stop,
  };
}

/** Resolves once the provider serves its own description. */
async function answering(port: number, ca: string, log: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + 30_000;
  const ask = (): Promise<boolean> =>
    new Promise((resolve) => {
      const path = '/.well-known/openid-configuration';
      request({ host: '127.0.0.1', port, servername: host, path, ca, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
        .on('error', () => resolve(false))
        .end();
    });
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`the provider does not answer: ${await log()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
