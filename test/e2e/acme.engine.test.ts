import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTestbed } from '../testbed/index.ts';
import { startAcmeServer, type AcmeServer } from './acme-server.ts';
import { shakeHands, type Handshake } from './edge-connection.ts';
import { createEdgeProject, startTimeout, type EdgeProject } from './edge-project.ts';
import { expectVerified } from './verified.ts';

const domain = 'jacker.test';

describe.each(['http', 'tls-alpn'])('TLS_MODE=letsencrypt with the %s challenge', (challenge) => {
  let project: EdgeProject;
  let server: AcmeServer;

  beforeAll(async () => {
    const testbed = await ensureTestbed();
    project = await createEdgeProject({ settings: { DOMAIN: domain } });
    server = await startAcmeServer(testbed, project);
    await project.set({
      TLS_MODE: 'letsencrypt',
      ACME_EMAIL: 'admin@jacker.test',
      ACME_SERVER: server.directory,
      ACME_CHALLENGE: challenge,
      ACME_PRIVATE_CA: 'true',
    });
    const override = {
      services: { traefik: { extra_hosts: [`${server.host}=${server.address}`] } },
    };
    await project.write('overrides/traefik.yml', JSON.stringify(override));
    await mkdir(join(project.directory, 'secrets'), { mode: 0o700 });
    await project.write('secrets/acme-ca', server.ownAuthority);
    await chmod(join(project.directory, 'secrets/acme-ca'), 0o600);
    await project.up();
  }, startTimeout);

  afterAll(async () => {
    await project.remove();
    await server.stop();
  }, 60_000);

  /** A handshake that trusts the ACME server's root and nothing else. */
  const shake = (servername: string): Promise<Handshake> =>
    shakeHands(project.httpsPort, { servername, ca: server.issuingRoot });

  it('serves a certificate that the ACME server issued, for every host', async () => {
    for (const host of [domain, `auth.${domain}`, `traefik.${domain}`]) {
      await expect
        .poll(() => shake(host), { timeout: 60_000, interval: 500 })
        .toMatchObject({
          protocol: 'TLSv1.3',
          issuer: expect.stringContaining('Pebble') as unknown,
          alternativeNames: expect.stringContaining(`DNS:${host}`) as unknown,
        });
    }
  });

  it('keeps account and certificates where only Traefik can read them, and over a restart', async () => {
    const inside = async (...command: string[]): Promise<string> =>
      (await project.docker(['exec', project.container('traefik'), ...command])).stdout;
    expect(await inside('stat', '-c', '%a %u:%g', '/acme/acme.json')).toBe('600 65532:65532');
    const before = await inside('cat', '/acme/acme.json');
    const stored = JSON.parse(before) as {
      acme: { Account: { Email: string }; Certificates: { domain: { main: string } }[] };
    };
    expect(stored.acme.Account.Email).toBe('admin@jacker.test');
    expect(stored.acme.Certificates.map((entry) => entry.domain.main).sort()).toEqual(
      [`auth.${domain}`, domain, `traefik.${domain}`].sort(),
    );
    await project.succeed(['restart', 'traefik']);
    // The very same certificates: nothing is asked for anew.
    expect(await inside('cat', '/acme/acme.json')).toBe(before);
    expect(await shake(domain)).toMatchObject({
      issuer: expect.stringContaining('Pebble') as unknown,
    });
  });

  it('is verified by the certificates that Traefik holds', async () => {
    const observed = await expectVerified(project, challenge === 'http' ? [] : ['CRIT-003']);
    const certificates = observed.filter(({ read }) => read === 'certificate');
    expect(certificates.map(({ subject }) => subject).sort()).toEqual(
      [`auth.${domain}`, domain, `traefik.${domain}`].sort(),
    );
    expect(new Set(certificates.map(({ expected }) => expected))).toEqual(
      new Set([expect.stringContaining('private ACME server')]),
    );
  });

  it('still refuses names that are not ours', async () => {
    expect(await shake('evil.example')).toEqual({
      refused: expect.stringMatching(/UNRECOGNIZED_NAME$/) as unknown,
    });
  });
});
