import { LIMITS } from '@fermata/contracts';
import { memoryLog } from '@fermata/log';
import { definitionOf, look } from '@fermata/testing';
import { deploy, findDeployment, nameOfDeployment } from './deployments';

/** A workflow whose input has many properties. */
function wide(count: number) {
  const properties = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`p${index}`, { type: 'string' }]),
  );
  return definitionOf({ a: look() }, { input: { type: 'object', properties } });
}

describe('a deployment', () => {
  it('is checked between what others ask: however large it is, they have their turn', async () => {
    const log = memoryLog(1);
    let turns = 0;
    let isDone = false;
    const others = async () => {
      for (; !isDone; turns++) await new Promise((resolve) => setImmediate(resolve));
    };
    const asked = others();
    await deploy(log, 'acme', wide(15_000));
    isDone = true;
    await asked;
    expect(turns).toBeGreaterThan(5);
  });

  it('is refused when its contracts or its expressions have more parts than others can wait for', async () => {
    const log = memoryLog(1);
    await expect(deploy(log, 'acme', wide(LIMITS.definitionSchemasMax))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/definitionSchemasMax/),
    });
    const long = Array.from({ length: 480 }, () => '1').join('+');
    const count = Math.ceil(LIMITS.definitionExpressionNodesMax / 900);
    const input = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`f${index}`, long]),
    );
    const many = definitionOf({ a: look([], { input }) });
    await expect(deploy(log, 'acme', many)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/definitionExpressionNodesMax/),
    });
  });

  it('is refused when its tenant has as many versions as are kept, another tenant’s is not', async () => {
    const log = memoryLog(1);
    const definition = definitionOf({ a: look() });
    await deploy(log, 'acme', definition);
    for (let index = 1; index < LIMITS.definitionsPerTenantMax; index++) {
      const name = nameOfDeployment('acme', { name: 'flow', version: `0.0.${index}` });
      await log.putLatest(name, 'hash');
    }
    const next = { ...definition, workflow: { ...definition.workflow, version: '2.0.0' } };
    await expect(deploy(log, 'acme', next)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/definitionsPerTenantMax/),
    });
    await expect(deploy(log, 'acme', definition)).resolves.toMatchObject({ version: '1.0.0' });
    await expect(deploy(log, 'bolt', next)).resolves.toMatchObject({ version: '2.0.0' });
  });
});

describe('the deployment that a start names', () => {
  it('is found by its version without a look at all others', async () => {
    const log = memoryLog(1);
    await deploy(log, 'acme', definitionOf({ a: look() }));
    const listed = jest.spyOn(log, 'listLatest');
    const found = await findDeployment(log, 'acme', 'flow@1.0.0');
    expect(found).toMatchObject({ name: 'flow', version: '1.0.0' });
    expect(listed).not.toHaveBeenCalled();
    await expect(findDeployment(log, 'acme', 'flow@2.0.0')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/flow@1\.0\.0/),
    });
    await expect(findDeployment(log, 'bolt', 'flow@1.0.0')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
