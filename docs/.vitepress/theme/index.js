import DefaultTheme from 'vitepress/theme';
import MermaidPicture from './MermaidPicture.vue';

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => app.component('MermaidPicture', MermaidPicture),
};
