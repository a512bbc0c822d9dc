import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCompose, type Compose } from '../../src/docker/compose.ts';
import { resolveEndpoint, type Endpoint } from '../../src/docker/endpoint.ts';
import { createEngine, type Engine } from '../../src/docker/engine.ts';
import { nodeFileSystem } from '../../src/io/node-file-system.ts';
import { ensureTestbed, type Testbed } from '../testbed/index.ts';

/** A Compose project of a test's own on the testbed's engine. */
export interface TestbedProject {
  testbed: Testbed;
  endpoint: Endpoint;
  engine: Engine;
  compose: Compose;
  name: string;
  folder: string;
  /** Takes everything away again, volumes included. */
  remove(): Promise<void>;
}

/**
 * Writes a Compose file for a new project; nothing is started.
 *
 * @param services YAML of the whole file; `TOOLBOX` stands for the toolbox image.
 * @param composeName One of the testbed's Compose versions; its first by default.
 */
export async function createTestbedProject(
  services: string,
  options: { composeName?: string; signal?: AbortSignal } = {},
): Promise<TestbedProject> {
  const testbed = await ensureTestbed();
  const binary = testbed.composeBinaries.find(({ name }) => name === options.composeName);
  const env = {
    ...testbed.env,
    ...(binary ? { DOCKER_CONFIG: binary.dockerConfig } : {}),
  };
  const endpoint = await resolveEndpoint({ env, files: nodeFileSystem() });
  const folder = await mkdtemp(join(tmpdir(), 'jacker-engine-'));
  const name = folder.slice(folder.lastIndexOf('/') + 1).toLowerCase();
  await writeFile(
    join(folder, 'docker-compose.yml'),
    services.replaceAll('TOOLBOX', testbed.images.toolbox),
  );
  const engine = createEngine(endpoint);
  const project = {
    environment: endpoint.environment,
    projectDir: folder,
    projectName: name,
    files: [join(folder, 'docker-compose.yml')],
  };
  return {
    testbed,
    endpoint,
    engine,
    compose: createCompose({ ...project, ...(options.signal ? { signal: options.signal } : {}) }),
    name,
    folder,
    remove: async () => {
      await createCompose(project).down({ removeOrphans: true, timeout: 0 });
      for (const volume of await engine.listVolumes({ project: name })) {
        await engine.removeVolume(volume.name);
      }
      engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
