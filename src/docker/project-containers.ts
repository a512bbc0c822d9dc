import { explainEngineError } from './connection-error.ts';
import type { Endpoint } from './endpoint.ts';
import type { ContainerSummary } from './facts.ts';

/** What an engine says about a container in its list, as far as it tells how a service runs. */
export type ContainerOutline = Omit<ContainerSummary, 'ports'>;

/** Lists containers, and no more. */
export interface ContainerLister {
  listContainers(filter: { project?: string }): Promise<ContainerOutline[]>;
}

/**
 * An engine that can do one thing, list containers, and needs no client library for it where the
 * engine listens on a socket of this machine: who only looks does not wait for a program to load.
 */
export function createLister(endpoint: Endpoint, signal: AbortSignal): ContainerLister {
  const { socketPath } = endpoint;
  return {
    listContainers: async (filter) => {
      if (socketPath === undefined) {
        const { createEngine } = await import('./engine.ts');
        const engine = createEngine(endpoint, { signal });
        try {
          return await engine.listContainers(filter);
        } finally {
          engine.close();
        }
      }
      const labels = [`com.docker.compose.project=${filter.project}`];
      const query = new URLSearchParams({
        all: 'true',
        filters: JSON.stringify({ label: labels }),
      });
      try {
        return outlines(await get(socketPath, `/containers/json?${query.toString()}`, signal));
      } catch (error) {
        throw explainEngineError(error, endpoint, 'Listing containers failed');
      }
    },
  };
}

/** By hand, in the words of the API: what checks answers of every kind takes longer to load. */
function outlines(answer: unknown): ContainerOutline[] {
  if (!Array.isArray(answer)) throw new TypeError('the engine answered with no list');
  return answer.map((entry: Readonly<Record<string, unknown>>) => {
    const text = (key: string): string => {
      const value = entry[key];
      return typeof value === 'string' ? value : '';
    };
    const [name] = Array.isArray(entry['Names']) ? (entry['Names'] as string[]) : [];
    const labels = (entry['Labels'] ?? {}) as Record<string, string>;
    const project = labels['com.docker.compose.project'];
    const service = labels['com.docker.compose.service'];
    return {
      id: text('Id'),
      name: (name ?? '').replace(/^\//, ''),
      image: text('Image'),
      imageId: text('ImageID'),
      state: text('State'),
      status: text('Status'),
      labels,
      ...(project === undefined ? {} : { project }),
      ...(service === undefined ? {} : { service }),
    };
  });
}

/**
 * Asks with Node's HTTP client, which is loaded when it is used. An import of the module would read
 * each of its exports, and with the one named WebSocket load a whole other client: 20 ms and more.
 */
function get(socketPath: string, path: string, signal: AbortSignal): Promise<unknown> {
  const { request } = process.getBuiltinModule('node:http');
  const { connect } = process.getBuiltinModule('node:net');
  return new Promise((resolve, reject) => {
    // With a name and a connection of its own: to find a name for the connection, Node would first
    // look whether the host is an IPv6 address, and make the largest pattern that it has.
    const headers = { host: 'docker' };
    const createConnection = () => connect({ path: socketPath });
    const sent = request({ socketPath, path, signal, headers, createConnection }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const { statusCode = 0 } = answer;
        if (statusCode !== 200) {
          reject(Object.assign(new Error(text.trim()), { statusCode }));
          return;
        }
        try {
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}
