/** Version of the model: the same recording gives the same numbers within one. Equals the package's. */
export const MODEL_VERSION = '0.1.0';
