import * as z from 'zod';
import type { ImageFacts } from '../facts.ts';
import { text, amount, texts, textMap, keys, healthcheck } from './forms.ts';

const imageSchema = z.object({
  Id: z.string(),
  RepoTags: texts,
  RepoDigests: texts,
  Architecture: text,
  Os: text,
  Created: text,
  Size: amount,
  Config: z
    .object({
      User: text,
      Env: texts,
      Entrypoint: texts,
      Cmd: texts,
      ExposedPorts: keys,
      Volumes: keys,
      Labels: textMap,
      Healthcheck: healthcheck,
    })
    .nullish(),
});

/** `GET /images/{name}/json`. */
export function readImage(answer: unknown): ImageFacts {
  const { Config, ...image } = imageSchema.parse(answer);
  return {
    id: image.Id,
    tags: image.RepoTags,
    repoDigests: image.RepoDigests,
    architecture: image.Architecture,
    os: image.Os,
    created: image.Created,
    size: image.Size,
    user: Config?.User ?? '',
    env: Config?.Env ?? [],
    entrypoint: Config?.Entrypoint ?? [],
    cmd: Config?.Cmd ?? [],
    exposedPorts: Config?.ExposedPorts ?? [],
    volumes: Config?.Volumes ?? [],
    labels: Config?.Labels ?? {},
    healthcheck: Config?.Healthcheck ?? null,
  };
}

const distributionSchema = z.object({ Descriptor: z.object({ digest: z.string() }) });

/** `GET /distribution/{name}/json`: the digest of the manifest, or of the index of platforms. */
export function readDistribution(answer: unknown): string {
  return distributionSchema.parse(answer).Descriptor.digest;
}
