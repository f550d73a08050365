FROM node:24-slim AS viewer
WORKDIR /app/viewer
COPY viewer/package.json viewer/package-lock.json viewer/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY viewer/vite.config.js ./
COPY viewer/src src
RUN npm run build

FROM python:3.11-slim AS translations
WORKDIR /app
COPY constraints.txt translations.py ./
RUN pip install --no-cache-dir --constraint constraints.txt babel
COPY catalog/locale catalog/locale
COPY iiifsearch/locale iiifsearch/locale
RUN python translations.py

FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app

# The dependencies in a layer of their own: they are large, and change less often than the code.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > /tmp/requirements.txt \
    && pip install --constraint constraints.txt --requirement /tmp/requirements.txt \
    && rm /tmp/requirements.txt

COPY manage.py gunicorn.conf.py ./
COPY catalog catalog
COPY ml ml
COPY iiifsearch iiifsearch
COPY --from=translations /app/catalog/locale catalog/locale
COPY --from=translations /app/iiifsearch/locale iiifsearch/locale
COPY --from=viewer /app/iiifsearch/static/iiifsearch/viewer iiifsearch/static/iiifsearch/viewer

# A volume that is mounted here takes over the owner.
RUN useradd --uid 10001 --create-home iiifsearch \
    && install --directory --owner=iiifsearch --group=iiifsearch /var/lib/iiifsearch
USER iiifsearch

ENV DJANGO_SETTINGS_MODULE=iiifsearch.settings.production \
    IIIFSEARCH_VAR=/var/lib/iiifsearch
EXPOSE 8000
CMD ["gunicorn", "iiifsearch.wsgi", "--bind=0.0.0.0:8000", "--worker-tmp-dir=/dev/shm", "--access-logfile=-"]
