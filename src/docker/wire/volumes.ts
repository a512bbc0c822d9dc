import * as z from 'zod';
import type { VolumeFacts } from '../facts.ts';
import { text, textMap, listOf } from './forms.ts';

const volumeListSchema = z.object({
  Volumes: listOf(
    z.object({
      Name: z.string(),
      Driver: text,
      Mountpoint: text,
      CreatedAt: text,
      Labels: textMap,
      Options: textMap,
    }),
  ),
});

/** `GET /volumes`. */
export function readVolumeList(answer: unknown): VolumeFacts[] {
  return volumeListSchema.parse(answer).Volumes.map((volume) => ({
    name: volume.Name,
    driver: volume.Driver,
    mountpoint: volume.Mountpoint,
    createdAt: volume.CreatedAt,
    labels: volume.Labels,
    options: volume.Options,
  }));
}
