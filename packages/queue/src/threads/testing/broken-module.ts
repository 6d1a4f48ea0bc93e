throw new Error('broken as it is loaded');
