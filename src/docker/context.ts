import { execa } from 'execa';
import * as z from 'zod';
import { JackerError } from '../error.ts';
import { defaultHost, type EndpointSource } from './endpoint.ts';

const contextSchema = z
  .array(
    z.object({
      Name: z.string(),
      Endpoints: z.object({ docker: z.object({ Host: z.string().optional() }) }),
      Storage: z.object({ TLSPath: z.string().optional() }).optional(),
    }),
  )
  .min(1);

/** The current context as `docker` itself sees it; null where there is no `docker` command. */
export async function inspectContext(
  { signal }: Pick<EndpointSource, 'signal'>,
  environment: Record<string, string>,
): Promise<{ name: string; host: string; tlsPath?: string } | null> {
  const result = await execa('docker', ['context', 'inspect'], {
    env: environment,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    ...(signal ? { cancelSignal: signal } : {}),
  });
  if (result.code === 'ENOENT') return null;
  if (result.isCanceled) throw interrupted();
  if (result.failed) {
    throw new JackerError('docker-unavailable', {
      what: 'The current Docker context cannot be read',
      why: result.stderr.trim() || `exit code ${result.exitCode ?? 'unknown'}`,
      hint: 'Choose another one: docker context use default',
    });
  }
  const context = contextSchema.safeParse(parseJson(result.stdout));
  const [first] = context.data ?? [];
  if (!first) {
    throw new JackerError('docker-unavailable', {
      what: 'The answer of `docker context inspect` is not understood',
      hint: 'Name the engine yourself: export DOCKER_HOST=unix:///var/run/docker.sock',
    });
  }
  const tlsPath = first.Storage?.TLSPath;
  return {
    name: first.Name,
    host: first.Endpoints.docker.Host ?? defaultHost,
    ...(tlsPath === undefined ? {} : { tlsPath }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function interrupted(): JackerError {
  return new JackerError('interrupted', { what: 'Stopped before Docker answered' });
}
