// One jest configuration for every project: swc compiles our sources, dependencies are loaded as
// they are. Several of them are ES modules, so jest must run on the Node of node_modules with
// --experimental-vm-modules, as tools/test.cjs and the Nx target `test` do.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const swc = JSON.parse(readFileSync(join(__dirname, '.swcrc'), 'utf8'));

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  transform: { '\\.ts$': ['@swc/jest', { ...swc, swcrc: false, sourceMaps: 'inline' }] },
  transformIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['/dist/', '/\\.nx/', '/\\.fermata/'],
  moduleNameMapper: {
    '^@fermata/(contracts|core|log|read-model|service|sdk|testing)$': `${__dirname}/libs/$1/src/index.ts`,
    '^@fermata/([a-z-]+)$': `${__dirname}/apps/$1/src/index.ts`,
  },
  globalSetup: join(__dirname, 'tools/test-postgres/setup.cjs'),
  globalTeardown: join(__dirname, 'tools/test-postgres/teardown.cjs'),
};
