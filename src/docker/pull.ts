import type Docker from 'dockerode';
import * as z from 'zod';
import { JackerError } from '../error.ts';
import { messageOf } from './connection-error.ts';
import { parseImageReference } from './image-reference.ts';
import type { RegistryCredentials } from './registry-credentials.ts';

/** One step of a pull, as the engine reports it. */
export interface PullProgress {
  /** Layer id; absent for messages about the whole image. */
  layer?: string;
  /** For example `Downloading`, `Pull complete`. */
  status: string;
  /** Bytes, where they are known. */
  current?: number;
  total?: number;
}

const progressSchema = z.object({
  status: z.string().optional(),
  id: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z
    .object({ current: z.number().optional(), total: z.number().optional() })
    .optional(),
});

/**
 * Pulls an image and answers the digest that its reference meant at that moment.
 *
 * @throws JackerError `image` where the registry has no such image or cannot be reached.
 */
export async function pullImage(
  docker: Docker,
  reference: string,
  options: {
    credentials: RegistryCredentials | null;
    onProgress?: (progress: PullProgress) => void;
    signal?: AbortSignal;
  },
): Promise<string> {
  const { credentials, onProgress, signal } = options;
  const { tag, digest: wanted } = parseImageReference(reference);
  // The API pulls every tag of a repository where none is named.
  const exact = tag === undefined && wanted === undefined ? `${reference}:latest` : reference;
  let digest: string | undefined;
  let failure: string | undefined;
  const note = (message: unknown) => {
    const { status, id, error, progressDetail } = progressSchema.parse(message);
    failure ??= error;
    if (status === undefined) return;
    digest = /^Digest: (\S+)$/.exec(status)?.[1] ?? digest;
    onProgress?.({
      status,
      ...(id === undefined ? {} : { layer: id }),
      ...(progressDetail?.current === undefined ? {} : { current: progressDetail.current }),
      ...(progressDetail?.total === undefined ? {} : { total: progressDetail.total }),
    });
  };
  try {
    const stream = await docker.pull(exact, {
      ...(credentials ? { authconfig: credentials } : {}),
      ...(signal ? { abortSignal: signal } : {}),
    });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(
        stream,
        (error: Error | null) => (error ? reject(error) : resolve()),
        note,
      );
    });
  } catch (error) {
    if (!(error instanceof Error) || !('statusCode' in error)) throw error;
    throw notPulled(reference, messageOf(error), error);
  }
  const found = digest ?? wanted;
  if (failure !== undefined || found === undefined) {
    throw notPulled(reference, failure ?? 'the engine reported no digest', undefined);
  }
  return found;
}

function notPulled(reference: string, why: string, cause: unknown): JackerError {
  return new JackerError(
    'image',
    {
      what: `The image ${reference} cannot be pulled`,
      why,
      hint: `Try it by hand: docker pull ${reference}. A private registry needs docker login; IMAGE_MIRROR names another one.`,
    },
    { cause },
  );
}
