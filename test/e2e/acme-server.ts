import { request } from 'node:https';
import type { Testbed } from '../testbed/index.ts';
import { hostAddress } from './edge-project.ts';
import { freePorts, type TestProject } from './project.ts';

const host = 'pebble';

/** An ACME server that issues for every name whose challenge it finds on this machine. */
export interface AcmeServer {
  directory: string;
  /** The authority that signed the server's own certificate, PEM. */
  ownAuthority: string;
  /** The root of the certificates that it issues, PEM; it makes a new one at each start. */
  issuingRoot: string;
  /** The address under which containers of the engine reach it, and the name in its certificate. */
  address: string;
  host: string;
  stop(): Promise<void>;
}

/**
 * Starts Pebble on the engine's host, with a DNS server to which every name is this machine. It
 * validates as a public one does: it connects to the ports that the project publishes.
 */
export async function startAcmeServer(testbed: Testbed, project: TestProject): Promise<AcmeServer> {
  const [port = 0, managementPort = 0, dnsPort = 0, dnsManagementPort = 0] = await freePorts(4);
  const address = await hostAddress(project);
  const name = `${project.name}-test-pebble`;
  const config = {
    pebble: {
      listenAddress: `0.0.0.0:${String(port)}`,
      managementListenAddress: `127.0.0.1:${String(managementPort)}`,
      certificate: '/test/certs/localhost/cert.pem',
      privateKey: '/test/certs/localhost/key.pem',
      httpPort: project.httpPort,
      tlsPort: project.httpsPort,
      keyAlgorithm: 'ecdsa',
      retryAfter: { authz: 1, order: 1 },
      profiles: { default: { description: 'Ninety days', validityPeriod: 90 * 24 * 60 * 60 } },
    },
  };
  const script = `
    printf %s "$CONFIG" >/tmp/config.json
    pebble-challtestsrv -dnsserver 127.0.0.1:${String(dnsPort)} -defaultIPv4 127.0.0.1 \\
      -defaultIPv6 '' -management 127.0.0.1:${String(dnsManagementPort)} \\
      -http01 '' -https01 '' -tlsalpn01 '' -doh '' &
    exec pebble -config /tmp/config.json -dnsserver 127.0.0.1:${String(dnsPort)}`;
  const stop = async (): Promise<void> => {
    await project.docker(['rm', '-f', name]);
  };
  try {
    const started = await project.docker([
      ...[
        'run',
        '-d',
        '--name',
        name,
        '--network',
        'host',
        '-e',
        `CONFIG=${JSON.stringify(config)}`,
      ],
      ...[testbed.images.pebble, 'sh', '-c', script],
    ]);
    if (started.exitCode !== 0) throw new Error(started.stderr);
    const { stdout: ownAuthority } = await project.docker([
      ...['exec', name, 'cat', '/test/certs/pebble.minica.pem'],
    ]);
    const issuingRoot = await rootOf(managementPort, ownAuthority, async () => {
      const { stdout, stderr } = await project.docker(['logs', name]);
      return stdout + stderr;
    });
    const directory = `https://${host}:${String(port)}/dir`;
    return { directory, ownAuthority, issuingRoot, address, host, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The root that Pebble made, as soon as it answers. */
async function rootOf(port: number, ca: string, log: () => Promise<string>): Promise<string> {
  const deadline = Date.now() + 30_000;
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      let text = '';
      request(
        { host: '127.0.0.1', port, servername: 'localhost', path: '/roots/0', ca, agent: false },
        (response) => {
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () => resolve(text));
        },
      )
        .on('error', () => resolve(''))
        .end();
    });
  for (;;) {
    const root = await ask();
    if (root.includes('BEGIN CERTIFICATE')) return root;
    if (Date.now() > deadline) throw new Error(`the ACME server does not answer: ${await log()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
