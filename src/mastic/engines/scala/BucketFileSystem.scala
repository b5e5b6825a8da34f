package mastic

import java.io.{FileNotFoundException, IOException}
import java.net.URI

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs._
import org.apache.hadoop.fs.permission.FsPermission
import org.apache.hadoop.util.Progressable

/** `s3://bucket/key` as the file `<fs.mastic.buckets>/bucket/key`: buckets of any age, no checksum files. */
class BucketFileSystem extends FileSystem {
  private val local = new RawLocalFileSystem
  private var uri: URI = _
  private var root: String = _
  private var working: Path = _

  override def initialize(name: URI, conf: Configuration): Unit = {
    super.initialize(name, conf)
    setConf(conf)
    local.initialize(URI.create("file:///"), conf)
    uri = URI.create(s"${name.getScheme}://${name.getAuthority}")
    root = s"${conf.get("fs.mastic.buckets")}/${name.getAuthority}"
    working = new Path(s"$uri/")
  }

  override def getScheme: String = uri.getScheme
  override def getUri: URI = uri
  override def getWorkingDirectory: Path = working
  override def setWorkingDirectory(path: Path): Unit = working = makeQualified(path)

  override def open(path: Path, bufferSize: Int): FSDataInputStream = local.open(file(path), bufferSize)

  override def create(path: Path, permission: FsPermission, overwrite: Boolean, bufferSize: Int, replication: Short,
      blockSize: Long, progress: Progressable): FSDataOutputStream =
    local.create(file(path), overwrite, bufferSize, replication, blockSize, progress)

  override def append(path: Path, bufferSize: Int, progress: Progressable): FSDataOutputStream =
    local.append(file(path), bufferSize, progress)

  override def rename(source: Path, target: Path): Boolean = local.rename(file(source), file(target))

  override def mkdirs(path: Path, permission: FsPermission): Boolean = local.mkdirs(file(path))

  override def delete(path: Path, recursive: Boolean): Boolean =
    if (!isBucket(path)) local.delete(file(path), recursive)
    else listStatus(path).forall(status => delete(status.getPath, recursive)) // the bucket itself stays

  override def getFileStatus(path: Path): FileStatus = status(local.getFileStatus(file(path)), path)

  override def listStatus(path: Path): Array[FileStatus] = {
    val asked = file(path)
    val qualified = makeQualified(path)
    local.listStatus(asked).map { found =>
      val itself = found.getPath.toUri.getPath == asked.toUri.getPath // a file lists itself
      status(found, if (itself) qualified else new Path(qualified, found.getPath.getName))
    }
  }

  private def isBucket(path: Path): Boolean = makeQualified(path).toUri.getPath.stripSuffix("/").isEmpty

  private def file(path: Path): Path = {
    checkPath(path)
    if (!new java.io.File(root).isDirectory)
      throw new FileNotFoundException(s"The specified bucket does not exist: ${uri.getAuthority}")
    val key = makeQualified(path).toUri.getPath
    if (key.split('/').contains("..")) throw new IOException(s"not a path in a bucket: $path")
    new Path("file", null, root + key.split("/", -1).map(own).mkString("/"))
  }

  private def own(name: String): String = if (name == "_temporary") BucketFileSystem.pending else name

  // Permissions and owners are left out: asking a local file for them starts a process.
  private def status(found: FileStatus, path: Path): FileStatus =
    new FileStatus(found.getLen, found.isDirectory, 1, getDefaultBlockSize(path), found.getModificationTime,
      makeQualified(path))
}

object BucketFileSystem {
  /** Hadoop's committer gives all writers to a path one folder `_temporary`: who commits first publishes what the others
    * have there, also what a dead one left, and deletes the rest. So each JVM has one of its own.
    */
  private val pending = s"_temporary-${java.util.UUID.randomUUID}"
}

/** Local files without `.crc` files beside them: a bucket folder holds what was written and nothing else. */
class PlainLocalFileSystem extends LocalFileSystem {
  override def initialize(name: URI, conf: Configuration): Unit = {
    super.initialize(name, conf)
    setWriteChecksum(false)
    setVerifyChecksum(false)
  }
}
