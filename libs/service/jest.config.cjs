module.exports = { preset: '../../jest.preset.cjs', displayName: 'service' };
