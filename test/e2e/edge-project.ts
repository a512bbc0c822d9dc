import { ensureTestbed } from '../testbed/index.ts';
import { createTestProject, type ProjectOptions, type TestProject } from './project.ts';

/** The longest that images, start and health checks of the whole stack may take, in milliseconds. */
export const startTimeout = 400_000;

/** A project with addresses of its edge. */
export interface EdgeProject extends TestProject {
  /** The address of a path at a host below the domain; '' is the domain itself. */
  url(host: string, path?: string): string;
  /** Brings the project to what its files say; fails the test with what was printed otherwise. */
  up(): Promise<void>;
}

/** Makes a project on the testbed's engine; nothing is started yet. */
export async function createEdgeProject(options: ProjectOptions = {}): Promise<EdgeProject> {
  const testbed = await ensureTestbed();
  const project = await createTestProject(testbed, options);
  return {
    ...project,
    url: (host, path = '/') =>
      `https://${host === '' ? '' : `${host}.`}${project.domain}:${String(project.httpsPort)}${path}`,
    up: async () => {
      await project.succeed(['up', '--yes', '--no-input'], { timeoutMs: startTimeout });
    },
  };
}

/** Makes a project and brings it up; nothing is left behind where that fails. */
export async function startEdgeProject(options: ProjectOptions = {}): Promise<EdgeProject> {
  const project = await createEdgeProject(options);
  try {
    await project.up();
    return project;
  } catch (error) {
    await project.remove();
    throw error;
  }
}

/** The address of the engine's host as its containers see it. */
export async function hostAddress(project: TestProject): Promise<string> {
  const format = '{{(index .IPAM.Config 0).Gateway}}';
  const { stdout } = await project.docker(['network', 'inspect', 'bridge', '-f', format]);
  return stdout.trim();
}
