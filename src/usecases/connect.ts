import { join } from 'node:path';
import type { Stack } from '../catalog/stack.ts';
import { createCompose, type Compose } from '../docker/compose.ts';
import { resolveEndpoint, type Endpoint } from '../docker/endpoint.ts';
import { createEngine, type Engine } from '../docker/engine.ts';
import { createCredentialLookup } from '../docker/registry-credentials.ts';
import type { AppContext } from './app-context.ts';

/** A connection to the engine for one project. */
export interface Connection {
  endpoint: Endpoint;
  engine: Engine;
  compose: Compose;
}

/** The engine that the environment or the Docker context names; nothing is contacted yet. */
export async function connect(
  context: Pick<AppContext, 'world' | 'location'>,
  stack: Pick<Stack, 'project'>,
): Promise<Connection> {
  const { world, location } = context;
  const endpoint = await resolveEndpoint(world);
  return {
    endpoint,
    engine: createEngine(endpoint, {
      signal: world.signal,
      credentials: createCredentialLookup(world.files, endpoint.environment),
    }),
    compose: createCompose({
      environment: endpoint.environment,
      projectDir: location.directory,
      projectName: stack.project,
      files: [join(location.directory, 'docker-compose.yml')],
      signal: world.signal,
    }),
  };
}
