import * as z from 'zod';

/** A path of a container that is not what its image has. */
export interface FileChange {
  path: string;
  kind: 'modified' | 'added' | 'deleted';
}

const kinds = ['modified', 'added', 'deleted'] as const;
const schema = z.array(z.object({ Path: z.string(), Kind: z.number() })).nullish();

/** `GET /containers/{id}/changes`. */
export function readFileChanges(answer: unknown): FileChange[] {
  return (schema.parse(answer) ?? []).flatMap(({ Path, Kind }) => {
    const kind = kinds[Kind];
    return kind ? [{ path: Path, kind }] : [];
  });
}
