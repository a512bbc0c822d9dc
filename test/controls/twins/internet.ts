import type { TestProject } from '../../e2e/project.ts';
import type { Testbed } from '../../testbed/index.ts';

const port = 8080;

/** A container that plays the internet, on a network of its own. */
export interface Internet {
  /** The engine's name of its network. */
  network: string;
  address: { host: string; port: number };
  stop(): Promise<void>;
}

/** Starts a server that answers whoever reaches it. */
export async function startInternet(project: TestProject, testbed: Testbed): Promise<Internet> {
  const name = `${project.name}-test-internet`;
  const docker = async (...argv: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await project.docker(argv);
    if (exitCode !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  const stop = async (): Promise<void> => {
    await project.docker(['rm', '-f', name]);
    await project.docker(['network', 'rm', name]);
  };
  try {
    await docker('network', 'create', name);
    const server = `require('node:net').createServer((s) => s.end('hello')).listen(${String(port)})`;
    await docker(
      'run',
      '-d',
      '--name',
      name,
      '--network',
      name,
      testbed.images.node,
      'node',
      '-e',
      server,
    );
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    const host = await docker('inspect', '--format', format, name);
    return { network: name, address: { host, port }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
