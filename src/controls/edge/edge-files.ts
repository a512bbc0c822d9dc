import * as z from 'zod';
import { yamlDocument } from '../../compose/yaml-document.ts';
import type { ProjectModel } from '../control.ts';

/** Where the edge's rendered files are. */
export const edgeFiles = {
  static: 'config/traefik/traefik.yml',
  routers: 'config/traefik/dynamic/routers.yml',
  tls: 'config/traefik/dynamic/tls.yml',
  middlewares: 'secrets/traefik.dynamic.middlewares.yml',
} as const;

const texts = z.array(z.string()).default([]);

const staticSchema = z.object({
  api: z.object({ insecure: z.boolean().default(false) }).nullish(),
});
const routersSchema = z.object({
  http: z.object({
    routers: z.record(
      z.string(),
      z.object({
        entryPoints: texts,
        rule: z.string(),
        service: z.string(),
        priority: z.number().optional(),
        middlewares: texts,
        tls: z.object({ options: z.string().optional() }).optional(),
      }),
    ),
  }),
});
const tlsSchema = z.object({
  tls: z.object({
    options: z
      .record(
        z.string(),
        z.object({
          minVersion: z.string().optional(),
          sniStrict: z.boolean().default(false),
          cipherSuites: texts,
        }),
      )
      .default({}),
  }),
});
const middlewaresSchema = z.object({
  http: z.object({ middlewares: z.record(z.string(), z.looseObject({})) }),
});

export type RouterFile = z.infer<typeof routersSchema>['http']['routers'];
export type TlsOptionsFile = z.infer<typeof tlsSchema>['tls']['options'];

/** Traefik's static configuration; null where the file is missing or not of that form. */
export function edgeStatic(project: ProjectModel | undefined) {
  return read(project, edgeFiles.static, staticSchema);
}

/** The rendered routers by name. */
export function edgeRouters(project: ProjectModel | undefined): RouterFile | null {
  return read(project, edgeFiles.routers, routersSchema)?.http.routers ?? null;
}

/** The rendered TLS options by name. */
export function edgeTlsOptions(project: ProjectModel | undefined): TlsOptionsFile | null {
  return read(project, edgeFiles.tls, tlsSchema)?.tls.options ?? null;
}

/** The rendered middlewares by name; what is in them may be secret. */
export function edgeMiddlewares(project: ProjectModel | undefined) {
  return read(project, edgeFiles.middlewares, middlewaresSchema)?.http.middlewares ?? null;
}

function read<Schema extends z.ZodType>(
  project: ProjectModel | undefined,
  file: string,
  schema: Schema,
): z.infer<Schema> | null {
  const text = project?.files.get(file);
  if (text === undefined) return null;
  const parsed = schema.safeParse(yamlDocument(file, text));
  return parsed.success ? parsed.data : null;
}
