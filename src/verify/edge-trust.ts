import type { EdgeTrust } from '../controls/position/edge-client.ts';
import type { Engine } from '../docker/engine.ts';
import { authorityFiles } from '../secrets/specification.ts';
import { textOf, type Settings } from '../settings/definition.ts';

/** What {@link readEdgeTrust} asks. */
export interface TrustInputs {
  settings: Settings;
  /** Null where there is no such file. */
  readSecret: (name: string) => Promise<string | null>;
  engine: Pick<Engine, 'exec'>;
  /** The id of the edge's running container, if one runs. */
  container: string | undefined;
}

/**
 * The certificates alone, base64 of PEM, one a line. The file also holds keys: those stay inside.
 */
const certificatesOnly = [
  'sed',
  '-n',
  's/^ *"certificate": *"\\([A-Za-z0-9+/=]*\\)".*$/\\1/p',
  '/acme/acme.json',
];

/**
 * By which certificates the edge is known. With an ACME server these are the ones that the edge
 * itself holds: the root that issued them may be in nobody's store, and the authority of the
 * server's own address is another one.
 */
export async function readEdgeTrust(
  inputs: TrustInputs,
): Promise<{ pinned: readonly string[] | null; trust: EdgeTrust }> {
  const { settings, readSecret } = inputs;
  switch (textOf(settings, 'TLS_MODE')) {
    case 'letsencrypt': {
      const held = await heldCertificates(inputs);
      const pinned = held.length > 0 ? held : null;
      return settings.values['ACME_PRIVATE_CA'] === true
        ? {
            pinned,
            trust: { judge: pinned, by: 'a private ACME server: the one that Traefik got' },
          }
        : { pinned, trust: { judge: null, by: 'an authority that this machine trusts' } };
    }
    case 'custom': {
      const own = await readSecret('custom-certificate');
      const pinned = own === null ? null : [own];
      return { pinned, trust: { judge: pinned, by: 'secrets/custom-certificate' } };
    }
    default: {
      const authority = await readSecret(authorityFiles.certificate);
      const pinned = authority === null ? null : [authority];
      return { pinned, trust: { judge: pinned, by: "the project's own authority" } };
    }
  }
}

async function heldCertificates({ engine, container }: TrustInputs): Promise<string[]> {
  if (container === undefined) return [];
  // A container that has stopped holds none; every reading of the edge says so by itself.
  const result = await engine
    .exec(container, certificatesOnly, { timeoutMs: 20_000 })
    .catch(() => null);
  return (result?.stdout ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line, 'base64').toString('utf8'));
}
