import { goRecipes, type GoRecipe } from './gobuild.ts';

/** How one image comes about. */
export interface ImageRecipe {
  /** Folder below images/ with the Dockerfile. */
  folder: string;
  /** Name in the registry, as a mirror would hold it: Docker Hub's own names are in library/. */
  name: string;
  tag: string;
  /** Other names under which the engine should know it: registries that no mirror stands in for. */
  aliases?: readonly string[];
  go?: GoRecipe;
  /** Folders of the Go module's source that the image needs as well. */
  moduleFolders?: readonly string[];
  /** Whether the folder's package-lock.json is to be installed. */
  npm?: boolean;
  /** The official image that this one stands in for; none for images of the tests' own. */
  official?: string;
}

/** The release whose packages have the versions that the official images have. */
export const baseSuite = 'forky';
/** Part of every recipe's hash: raise it to have every image built again. */
export const baseRevision = 'forky-3';

export const nodeImage: ImageRecipe = {
  folder: 'node',
  name: 'library/node',
  tag: '24-alpine',
  npm: true,
  official: 'node:24-alpine',
};

/** Stand-ins for the official images that the product uses. */
export const standIns: readonly ImageRecipe[] = [
  nodeImage,
  {
    folder: 'haproxy',
    name: 'library/haproxy',
    tag: '3.2.21-alpine',
    official: 'haproxy:3.2.21-alpine',
  },
  {
    folder: 'nginx',
    name: 'nginxinc/nginx-unprivileged',
    tag: '1.30.4-alpine-slim',
    official: 'nginxinc/nginx-unprivileged:1.30.4-alpine-slim',
  },
  {
    folder: 'postgres',
    name: 'library/postgres',
    tag: '18.6-alpine',
    official: 'postgres:18.6-alpine',
  },
  { folder: 'redis', name: 'library/redis', tag: '8.10.1-alpine', official: 'redis:8.10.1-alpine' },
  {
    folder: 'oauth2-proxy',
    name: 'oauth2-proxy/oauth2-proxy',
    tag: 'v7.15.3-alpine',
    aliases: ['quay.io/oauth2-proxy/oauth2-proxy:v7.15.3-alpine'],
    go: goRecipes.oauth2Proxy,
    official: 'quay.io/oauth2-proxy/oauth2-proxy:v7.15.3-alpine',
  },
  {
    folder: 'traefik',
    name: 'library/traefik',
    tag: 'v3.7.9',
    go: goRecipes.traefik,
    official: 'traefik:v3.7.9',
  },
];

/** Images that only tests use; they are built everywhere, also on an existing engine. */
export const testImages = {
  toolbox: { folder: 'toolbox', name: 'jacker-test/toolbox', tag: '1' },
  sampleApp: { folder: 'sample-app', name: 'jacker-test/sample-app', tag: '1', npm: true },
  oidc: { folder: 'oidc', name: 'jacker-test/oidc', tag: '1', npm: true },
  pebble: {
    folder: 'pebble',
    name: 'jacker-test/pebble',
    tag: '1',
    go: goRecipes.pebble,
    moduleFolders: ['test/config', 'test/certs'],
  },
} as const satisfies Record<string, ImageRecipe>;
